"""What the Slack door knows about its own well-being; read by readiness and by people.

Written by the socket, the messenger and the listeners. It decides nothing.
"""

import time
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(slots=True, kw_only=True)
class SlackHealth:
    """The door's state now. Mutable on purpose: one object, many writers, no history."""

    is_connected: bool = False
    heard_at_s: float | None = None
    """Monotonic: when Slack last said anything on a connection."""
    token_error: str | None = None
    """Slack's error once it said that the token is no longer good."""
    connections_seen: int = 0
    """What Slack's last greeting said about all connections of this app."""
    connections_foreign: int = 0
    """How many of them cannot be ours."""
    other_gateways: set[str] = field(default_factory=set)
    """Ids of gateways with another store whose cards were clicked on our connection."""

    @property
    def silence(self) -> timedelta | None:
        """For how long no click can arrive; none while there is no first connection."""
        if self.is_connected:
            return timedelta(0)
        if self.heard_at_s is None:
            return None
        return timedelta(seconds=time.monotonic() - self.heard_at_s)

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
        if not self.is_connected:
            found.append("There is no connection to Slack, so no clicks arrive.")
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
        return tuple(found)
