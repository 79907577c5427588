"""What the HTTP API works at, built once by the composition root."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from approvals.domain.limits import Limits
from approvals.gate.waiting_room import WaitingRoom
from approvals.operations.desk import Desk
from approvals.operations.run_by_key import Hosted


def hosts_none() -> Hosted:
    """Say that no agent can be started here."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """The desk, who waits, and what is bounded."""

    desk: Desk
    room: WaitingRoom
    """Where long polls wait for the end of a request."""
    limits: Limits
    wait_max: timedelta = timedelta(seconds=60)
    """How long a long poll may take."""
    hosted: Callable[[], Hosted] = hosts_none
    """The agents that can be started, as they are configured now."""
