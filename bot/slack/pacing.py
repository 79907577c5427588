"""How fast we may speak: slots per channel, and Slack's own Retry-After.

The messenger asks before each call. Nothing sleeps here: who has to wait is told how long, and
the outbox postpones the job, so that one busy channel never holds up another. Monotonic time
comes in as an argument of the constructor, so tests need not wait.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

REMEMBERED_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """*burst* calls at once, then one each *every_s*."""

    every_s: float
    burst: int


POST = Pace(every_s=1.0, burst=3)
"""chat.postMessage: about one a second and channel, short bursts tolerated."""
UPDATE = Pace(every_s=60 / 50, burst=20)
"""chat.update: 50 a minute (tier 3) for the whole workspace."""


@dataclass(slots=True)
class _Lane:
    free_at: float = 0.0
    promised: dict[str, float] = field(default_factory=dict)


class Pacing:
    """Slots of all lanes; a lane is a method and a channel."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lanes: dict[tuple[str, str], _Lane] = {}
        self._closed_until: dict[tuple[str, str], float] = {}

    def wait_s(self, lane: tuple[str, str], pace: Pace, *, who: str) -> float:
        """Return 0 when *who* may call now, else the seconds until its own slot.

        A slot once promised is kept for *who*, so nobody who comes later overtakes.
        """
        now = self._monotonic()
        closed = self._closed_until.get(lane, 0.0)
        if closed > now:
            return closed - now
        slots = self._lane(lane)
        slot = slots.promised.pop(who, None)
        if slot is None:
            slot = max(slots.free_at, now - (pace.burst - 1) * pace.every_s)
            slots.free_at = slot + pace.every_s
        if slot <= now:
            return 0.0
        slots.promised[who] = slot
        return slot - now

    def close(self, lane: tuple[str, str], seconds: float) -> None:
        """Slack said Retry-After: nothing goes out on *lane* until it is over."""
        self._closed_until[lane] = self._monotonic() + seconds

    def _lane(self, lane: tuple[str, str]) -> _Lane:
        found = self._lanes.get(lane)
        if found is None:
            if len(self._lanes) >= REMEMBERED_MAX:
                self._lanes.clear()
            found = self._lanes[lane] = _Lane()
        return found
