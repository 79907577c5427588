"""How fast we may speak: slots per lane, and Slack's own Retry-After.

The messenger asks before each call, `WebApi` before every call. Nothing sleeps here: who has to
wait is told how long, and the outbox postpones the job. What is one lane, `slack_methods` says.
Monotonic time comes in as an argument of the constructors, so tests need not wait.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.slack.elapsed import elapsed_s
from bot.slack.slack_methods import Lane

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
LOOK = Pace(every_s=0.5, burst=10)
"""chat.getPermalink: Slack says "hundreds a minute"; nobody waits for a look."""
REPLY = Pace(every_s=2 * POST.every_s, burst=2)
"""Replies below cards: half of what a channel takes, so that cards never wait for them."""
HOME = Pace(every_s=60 / 90, burst=20)
"""views.publish: a hundred a minute (tier 4) for the whole workspace, of which some are kept."""
PROGRESS = Pace(every_s=2 * UPDATE.every_s, burst=10)
"""Edits that only tell how far runs have come: half of what Slack allows, so that cards never wait
for them."""


@dataclass(slots=True)
class _Slots:
    free_at: float = 0.0
    promised: dict[str, float] = field(default_factory=dict)


class Pacing:
    """The slots of all lanes."""

    def __init__(self, *, monotonic: Callable[[], float] = elapsed_s) -> None:
        self._monotonic = monotonic
        self._lanes: dict[Lane, _Slots] = {}

    def wait_s(self, lane: Lane, pace: Pace, *, who: str) -> float:
        """Return 0 when *who* may call now, else the seconds until its own slot.

        A slot once promised is kept for *who*, so nobody who comes later overtakes.
        """
        now = self._monotonic()
        slots = self._slots_of(lane)
        slot = slots.promised.pop(who, None)
        if slot is None:
            slot = max(slots.free_at, now - (pace.burst - 1) * pace.every_s)
            slots.free_at = slot + pace.every_s
        if slot <= now:
            return 0.0
        slots.promised[who] = slot
        return slot - now

    def _slots_of(self, lane: Lane) -> _Slots:
        found = self._lanes.get(lane)
        if found is None:
            if len(self._lanes) >= REMEMBERED_MAX:
                self._lanes.clear()
            found = self._lanes[lane] = _Slots()
        return found


class ClosedLanes:
    """The lanes Slack closed with a Retry-After, and until when (invariant I18)."""

    def __init__(self, *, monotonic: Callable[[], float] = elapsed_s) -> None:
        self._monotonic = monotonic
        self._until: dict[Lane, float] = {}

    def close(self, lane: Lane, seconds: float) -> None:
        """Slack said Retry-After: nothing goes out on *lane* until it is over."""
        now = self._monotonic()
        self._until = {each: until for each, until in self._until.items() if until > now}
        # A call that was under way already may come back with a shorter wait.
        self._until[lane] = max(self._until.get(lane, 0.0), now + seconds)

    def wait_s(self, lane: Lane) -> float:
        """Return for how long *lane* is still closed; 0 when it is open."""
        return max(0.0, self._until.get(lane, 0.0) - self._monotonic())
