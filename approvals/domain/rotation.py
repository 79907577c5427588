"""Who is on call at a moment: a rotation written in the policy, told without asking anybody.

Hand-overs are wall-clock moments of one time zone. Where the clock jumps over one, it falls as long
after the jump as it was written after the jump's beginning; where an hour comes twice, it falls in
the first one. So every moment has exactly one answer. Built by `storage/policy_rotation`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from approvals.domain.ids import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Somebody stands in, from one wall-clock moment until another."""

    begins: datetime
    """Naive: a moment on the rotation's own clock."""
    ends: datetime
    """Naive; the first moment at which the override holds no more."""
    user: UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """People who are on call one after another, and who stands in for them."""

    zone: tzinfo
    handover: time
    """Naive: when one hands over to the next, on the clock of the zone."""
    begins_on: date
    """The day on which the first of `people` comes on call."""
    every_days: int
    people: tuple[UserId, ...]
    overrides: tuple[Override, ...] = ()

    def on_call(self, at: datetime) -> UserId | None:
        """Return who is on call *at* (aware); None before the first day."""
        for each in self.overrides:
            if self._moment(each.begins) <= at < self._moment(each.ends):
                return each.user
        turn = self._turn(at)
        return None if turn < 0 else self.people[turn % len(self.people)]

    def _turn(self, at: datetime) -> int:
        """Return how many hand-overs after the first one *at* is; negative before the first."""
        days = (at.astimezone(self.zone).date() - self.begins_on).days
        # The day tells it but for the hours before a hand-over and around a jump of the clock.
        turn = days // self.every_days + 1
        while turn >= 0 and at < self._begins(turn):
            turn -= 1
        return turn

    def _begins(self, turn: int) -> datetime:
        day = self.begins_on + timedelta(days=turn * self.every_days)
        return self._moment(datetime.combine(day, self.handover))

    def _moment(self, wall: datetime) -> datetime:
        return wall.replace(tzinfo=self.zone, fold=0).astimezone(UTC)


def overlapping(overrides: Sequence[Override]) -> tuple[Override, Override] | None:
    """Return two overrides that hold at the same moment, where there are such."""
    in_order = sorted(overrides, key=lambda each: each.begins)
    for earlier, later in pairwise(in_order):
        if later.begins < earlier.ends:
            return earlier, later
    return None
