"""How our messages go out: paced, never older over newer, and every failure named for the outbox.

Used by the messengers of cards and of runs, which share its lanes. It never sleeps and never
retries: what cannot go out now is `NotNow` with the wait Slack (or the pace) demands, what can
never go out is `Undeliverable`. One message is written by one call at a time (case E14).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

from approvals.domain.ids import ChannelId
from approvals.operations.ports import CardGone, NotNow, Posted, Undeliverable
from bot.slack.channel_watch import ChannelWatch
from bot.slack.escaping import POSTING
from bot.slack.pacing import LOOK, POST, PROGRESS, REPLY, UPDATE, Pace, Pacing
from bot.slack.slack_methods import Lane, lane_of
from bot.slack.web_api import (
    NEVER_SENT,
    TOKEN_ERRORS,
    SlackBusy,
    SlackRefused,
    SlackUnreachable,
    WebApi,
)

VERSIONS_REMEMBERED_MAX = 10_000
PROGRESS_LANE: Lane = ("chat.update", "progress")

GONE = "message_not_found"
HEALING_ERRORS = TOKEN_ERRORS | {
    "channel_not_found",
    "is_archived",
    "is_inactive",
    "missing_scope",
    "no_permission",
    "not_in_channel",
    "restricted_action",
    "restricted_action_read_only_channel",
    "restricted_action_thread_locked",
    "team_access_not_granted",
}
"""Those that people can put right: a card that met one is tried again later."""
PERMANENT_ERRORS = HEALING_ERRORS | {
    GONE,
    "as_user_not_supported",
    "block_mismatch",
    "cannot_reply_to_message",
    "cant_update_message",
    "channel_type_not_supported",
    "edit_window_closed",
    "invalid_arguments",
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_metadata_format",
    "message_limit_exceeded",
    "messages_tab_disabled",
    "metadata_too_large",
    "msg_blocks_too_long",
    "msg_too_long",
    "no_text",
    "not_allowed_token_type",
    "team_not_found",
    "user_not_found",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One message as it is to be shown."""

    who: str
    """Whose slot it waits for: the card's or the run's id."""
    version: int
    text: str
    blocks: list[dict[str, Any]]
    metadata: Mapping[str, Any]


class Sending:
    """Posts and updates the messages of one workspace."""

    def __init__(self, api: WebApi, pacing: Pacing, watch: ChannelWatch) -> None:
        self._api = api
        self._watch = watch
        self._pacing = pacing
        self._writing: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._shown: OrderedDict[tuple[str, str], int] = OrderedDict()

    async def post(
        self,
        channel: ChannelId,
        drawn: Drawn,
        *,
        thread_ts: str | None = None,
        is_broadcast: bool = False,
        is_reply: bool = False,
    ) -> Posted:
        """Post a message; in a thread it is shown in the channel too where *is_broadcast*.

        *is_reply* is for what only adds to a card: it leaves room for cards.

        Raises:
            Undeliverable, NotNow
        """
        if is_reply:
            self._wait_turn(("chat.postMessage", f"{channel} replies"), REPLY, who=drawn.who)
        answer = await self._send(
            "chat.postMessage",
            channel,
            pace=POST,
            who=drawn.who,
            arguments={
                "thread_ts": thread_ts,
                "reply_broadcast": True if thread_ts and is_broadcast else None,
                "text": drawn.text,
                "blocks": drawn.blocks,
                "metadata": drawn.metadata,
                **POSTING,
            },
        )
        posted = Posted(channel=ChannelId(answer["channel"]), ts=answer["ts"])
        self._remember((posted.channel, posted.ts), drawn.version)
        return posted

    async def update(
        self, channel: ChannelId, ts: str, drawn: Drawn, *, is_progress: bool = False
    ) -> None:
        """Make a posted message show *drawn*, unless a later version is there already.

        *is_progress* is for what is soon outdated: such edits leave room for all others.

        Raises:
            Undeliverable, NotNow
        """
        place = (channel, ts)
        lock = self._writing.setdefault(place, asyncio.Lock())
        async with lock:
            if self._shown.get(place, 0) > drawn.version:
                return
            if is_progress:
                self._wait_turn(PROGRESS_LANE, PROGRESS, who=drawn.who)
            await self._send(
                "chat.update",
                channel,
                pace=UPDATE,
                who=drawn.who,
                arguments={
                    "ts": ts,
                    "text": drawn.text,
                    "blocks": drawn.blocks,
                    "metadata": drawn.metadata,
                    "parse": "none",
                    "link_names": False,
                },
            )
            self._remember(place, drawn.version)

    async def is_there(self, channel: ChannelId, ts: str, *, who: str) -> bool:
        """Whether a posted message still stands; asking changes nothing and needs no scope.

        Raises:
            Undeliverable, NotNow
        """
        place = {"message_ts": ts}
        try:
            await self._send("chat.getPermalink", channel, pace=LOOK, who=who, arguments=place)
        except CardGone:
            return False
        return True

    async def _send(
        self, method: str, channel: str, *, pace: Pace, who: str, arguments: dict[str, Any]
    ) -> dict[str, Any]:
        # No slot is promised on a closed lane: it could not be kept.
        if self._api.closed_for_s(method, channel=channel) == 0:
            self._wait_turn(lane_of(method, channel), pace, who=who)
        try:
            answer = await self._api.call(method, channel=channel, **arguments)
        except SlackBusy as busy:
            raise NotNow(busy.code, retry_after_s=busy.retry_after_s) from None
        except SlackUnreachable as failure:
            raise NotNow(failure.code, may_have_arrived=failure.code not in NEVER_SENT) from failure
        except SlackRefused as refusal:
            self._watch.refused(ChannelId(channel), refusal.code)
            if refusal.code == GONE:
                raise CardGone(refusal.code) from refusal
            if refusal.code in PERMANENT_ERRORS:
                may_heal = refusal.code in HEALING_ERRORS
                raise Undeliverable(refusal.code, may_heal=may_heal) from refusal
            raise NotNow(refusal.code) from refusal
        if method != "chat.getPermalink":  # a link says nothing about whether we may write
            self._watch.fine(ChannelId(channel))
        return answer

    def _wait_turn(self, lane: Lane, pace: Pace, *, who: str) -> None:
        wait_s = self._pacing.wait_s(lane, pace, who=who)
        if wait_s > 0:
            raise NotNow("paced", retry_after_s=wait_s)

    def _remember(self, place: tuple[str, str], version: int) -> None:
        self._shown[place] = version
        self._shown.move_to_end(place)
        while len(self._shown) > VERSIONS_REMEMBERED_MAX:
            self._shown.popitem(last=False)
