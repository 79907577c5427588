"""Which channels take no cards any more, said where people see it.

`Sending` tells how posts and updates went, laps of the reconciler ask about the policy's channels.
What is wrong stands in readiness and in the log, and is told once in another channel of the policy:
people of the broken one would not see it, and nobody there can decide.
"""

import logging
from collections.abc import Sequence

from approvals.domain.ids import ChannelId
from bot.slack.escaping import POSTING
from bot.slack.health import SlackHealth, channel_problem
from bot.slack.web_api import CallFailed, SlackRefused, WebApi

LOGGER = logging.getLogger("sayso.slack")

LOOKED_AT_MAX = 20
"""How many channels one lap asks Slack about; the next goes on where it ended."""
TOLD_IN_MAX = 3
_SAME = {"is_inactive": "is_archived"}
_CHANNEL_ERRORS = frozenset({"channel_not_found", "is_archived", "is_inactive", "not_in_channel"})


class ChannelWatch:
    """Keeps `health.channels` true."""

    def __init__(self, health: SlackHealth) -> None:
        self._health = health
        self._next = 0
        self._untold: dict[ChannelId, str] = {}

    def refused(self, channel: ChannelId, code: str) -> None:
        """Note that Slack took no card for *channel*; errors that are not about it are left out."""
        if code not in _CHANNEL_ERRORS:
            return
        code = _SAME.get(code, code)
        if self._health.channels.get(channel) == code:
            return
        self._health.channels[channel] = self._untold[channel] = code
        LOGGER.error("%s", channel_problem(channel, code))

    def fine(self, channel: ChannelId) -> None:
        """Note that *channel* takes cards."""
        if self._health.channels.pop(channel, None) is not None:
            self._untold.pop(channel, None)
            LOGGER.info("Channel %s takes cards again", channel)

    async def look(self, api: WebApi, channels: Sequence[ChannelId]) -> None:
        """Ask Slack about some of *channels*, and tell in one that works what is wrong."""
        first = self._next if self._next < len(channels) else 0
        for channel in channels[first : first + LOOKED_AT_MAX]:
            try:
                await self._look_at(api, channel)
            except CallFailed:
                return  # what Slack did not say now it says at the next lap
        self._next = first + LOOKED_AT_MAX
        for channel, code in tuple(self._untold.items()):
            if await self._tell(api, channels, about=channel, code=code):
                self._untold.pop(channel, None)
        for gone in self._health.channels.keys() - set(channels) - self._untold.keys():
            # No channel of the policy: it is named again when it refuses a card again.
            del self._health.channels[gone]

    async def _look_at(self, api: WebApi, channel: ChannelId) -> None:
        try:
            found = (await api.call("conversations.info", channel=channel)).get("channel", {})
        except SlackRefused as refusal:
            self.refused(channel, refusal.code)
            return
        if found.get("is_archived"):
            self.refused(channel, "is_archived")
        elif not found.get("is_member"):
            self.refused(channel, "not_in_channel")
        else:
            self.fine(channel)

    async def _tell(
        self, api: WebApi, channels: Sequence[ChannelId], *, about: ChannelId, code: str
    ) -> bool:
        text = f":warning: {channel_problem(f'<#{about}>', code)} Calls that ask there do not run."
        working = [each for each in channels if each not in self._health.channels]
        for channel in working[:TOLD_IN_MAX]:
            try:
                await api.call("chat.postMessage", channel=channel, text=text, **POSTING)
                return True
            except CallFailed as failure:
                LOGGER.warning("%s was not told in %s: %s", about, channel, failure.code)
        return False
