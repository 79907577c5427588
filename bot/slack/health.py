"""What the Slack door knows about its own well-being; read by readiness and by people.

Written by the socket, the messenger and the listeners. It decides nothing.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from bot.slack.elapsed import elapsed_s

LOGGER = logging.getLogger("sayso.slack")

CONNECTIONS_MAX = 10
CONNECTIONS_NEAR_LIMIT = 8
CHANNELS_MAX = 5
"""How many channels are named at once."""

_GOODBYES = {
    "link_disabled": "Socket Mode is switched off in the app's settings: switch it on.",
    "too_many_websockets": "The app has ten connections already: stop what else uses it.",
}
_CHANNELS = {
    "is_archived": "it is archived, so nobody can be asked there. Unarchive it, or replace it.",
    "not_in_channel": "Sayso is not in it. Write /invite @Sayso there.",
    "channel_not_found": "Sayso cannot see it. If it is private write /invite @Sayso there,"
    " else correct its id.",
}


@dataclass(slots=True, kw_only=True)
class SlackHealth:
    """The door's state now. Mutable on purpose: one object, many writers, no history."""

    is_connected: bool = False
    heard_at_s: float | None = None
    """Monotonic: when Slack last said anything on a connection."""
    token_error: str | None = None
    """Slack's error once it said that the token is no longer good."""
    connections_up: int = 0
    """Our own connections that stand."""
    connections_wanted: int = 0
    goodbye: str | None = None
    """Why Slack ended a connection for good, such as `link_disabled`; None once it greets again."""
    connections_seen: int = 0
    """What Slack's last greeting said about all connections of this app."""
    connections_foreign: int = 0
    """How many of them cannot be ours."""
    lost_at_s: float | None = None
    """Monotonic: since when no call to Slack's Web API gets an answer."""
    lost_code: str = ""
    outage_min_s: float = 30.0
    """What is shorter is no outage: each card is tried again by itself soon enough."""
    on_return: Callable[[], None] | None = None
    """Called when Slack answers again after an outage."""
    channels: dict[str, str] = field(default_factory=dict)
    """Why cards cannot go to a channel, by its id."""
    features_off: tuple[str, ...] = ()
    """What the app was made without."""
    other_gateways: set[str] = field(default_factory=set)
    """Ids of gateways with another store whose cards were clicked on our connection."""

    def refuse_token(self, code: str) -> None:
        """Note that Slack takes our token no more; the log says so once.

        Before the first connection the start itself is refused, with a sentence of its own.
        """
        if self.token_error is None and self.silence is not None:
            LOGGER.error("Slack says %s: install the app anew and give its new token", code)
        self.token_error = code

    def lost(self, code: str) -> None:
        """Note that a call got no answer; *code* says why."""
        self.lost_code = code
        if self.lost_at_s is None:
            self.lost_at_s = elapsed_s()

    def answered(self) -> None:
        """Note that Slack answered a call."""
        was_outage, self.lost_at_s = self.is_outage, None
        if was_outage:
            LOGGER.warning("Slack answers again")
            if self.on_return is not None:
                self.on_return()

    @property
    def is_outage(self) -> bool:
        """Whether Slack has answered nothing for so long that cards wait for it."""
        return self.lost_at_s is not None and elapsed_s() - self.lost_at_s >= self.outage_min_s

    @property
    def silence(self) -> timedelta | None:
        """For how long no click can arrive; none while there is no first connection."""
        if self.is_connected:
            return timedelta(0)
        if self.heard_at_s is None:
            return None
        return timedelta(seconds=elapsed_s() - self.heard_at_s)

    @property
    def is_ready(self) -> bool:
        """Whether cards can be posted and clicks come in."""
        return self.is_connected and self.token_error is None

    @property
    def problems(self) -> tuple[str, ...]:
        """Return one sentence for each thing a person should look at."""
        found = []
        if self.token_error is not None:
            found.append(f"Slack refuses the bot token ({self.token_error}). Install the app anew.")
        found += self._of_connections()
        if self.is_outage:
            found.append(f"Slack's Web API does not answer ({self.lost_code}), so cards wait.")
        if self.features_off:
            found.append(
                f"The app was made without {', '.join(self.features_off)}. To have it, update the"
                " app from manifest.yml and install it anew."
            )
        found += (channel_problem(*each) for each in sorted(self.channels.items())[:CHANNELS_MAX])
        return tuple(found)

    def _of_connections(self) -> list[str]:
        found = []
        if not self.is_connected:
            why = f" {_GOODBYES[self.goodbye]}" if self.goodbye in _GOODBYES else ""
            found.append(f"There is no connection to Slack, so no clicks arrive.{why}")
        elif self.connections_up < self.connections_wanted:
            found.append(
                f"{self.connections_up} of {self.connections_wanted} connections to Slack stand;"
                " clicks still arrive."
            )
        if self.connections_seen >= CONNECTIONS_NEAR_LIMIT:
            found.append(
                f"Slack counts {self.connections_seen} connections of this app and takes"
                f" {CONNECTIONS_MAX} at most. Stop what else uses the app; connections of processes"
                " that died end after a while."
            )
        if self.other_gateways:
            names = ", ".join(sorted(self.other_gateways))
            found.append(
                f"Another gateway with its own store uses this Slack app ({names}); clicks go to"
                " either at random. Stop it or give it an app of its own."
            )
        elif self.connections_foreign:
            found.append(
                f"Slack counts {self.connections_seen} connections of this app, of which"
                f" {self.connections_foreign} not ours: another process may be using the same app."
            )
        return found


def channel_problem(channel: str, code: str) -> str:
    """Return what is wrong with a channel, and what to do about it; Slack's own *code* at least."""
    what = _CHANNELS.get(code, f"Slack refuses cards there ({code}).")
    return f"Channel {channel}: {what}"
