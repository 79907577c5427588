"""What the policy says about silence: when people are reminded, and whom a request goes to next.

Terms of a requirement (`terms.REMIND`, `terms.ESCALATE`), frozen into the request's row when it
is asked. `follow_up` says from them when the clock is needed next. All times are elapsed time from
the asking, never wall-clock time, so that a change to summer time moves nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from approvals.domain.ids import ChannelId, UserId

FURTHEST = timedelta(days=366)
"""No reminder is planned further ahead; a request has long ended by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remind:
    """Remind after *every*, then after *backoff* times as long each time, at most *max_count*."""

    every: timedelta
    backoff: float = 1.0
    max_count: int

    def moments(self, asked_at: datetime) -> Iterator[datetime]:
        """Yield when reminders of a request *asked_at* are due, in order."""
        after, pause = timedelta(0), self.every
        for _ in range(self.max_count):
            after += pause
            if after > FURTHEST:
                return
            yield asked_at + after
            pause = min(pause * self.backoff, FURTHEST)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "every_s": self.every.total_seconds(),
            "backoff": self.backoff,
            "max": self.max_count,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Remind":
        """Read what `to_json` wrote."""
        return cls(
            every=timedelta(seconds=stored["every_s"]),
            backoff=stored["backoff"],
            max_count=stored["max"],
        )


def most_insistent(plans: Iterable[Remind]) -> Remind:
    """Return the plan that reminds at least as early and as often as each of at least one."""
    of = tuple(plans)
    return Remind(
        every=min(each.every for each in of),
        backoff=min(each.backoff for each in of),
        max_count=max(each.max_count for each in of),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of an escalation: *after* so long without an end, the people of *to* may answer."""

    after: timedelta
    to: tuple[str, ...]
    """Names of people sets; from then on they belong to every slot of the request."""
    channel: ChannelId | None = None
    """Where their card goes; None: where the first card stands, unless a webhook asks them."""
    webhook: str | None = None
    """The name of the webhook that is told instead of a card."""
    eligible: tuple[UserId, ...] | None = None
    """Who was in *to* when it was asked, where only they may decide; None: whoever is now."""

    @property
    def place(self) -> tuple[timedelta, tuple[str, ...], str, str]:
        """What makes it this rung, whoever its people are; rungs fire in this order."""
        return self.after, self.to, self.channel or "", self.webhook or ""

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "after_s": self.after.total_seconds(),
            "to": list(self.to),
            "channel": self.channel,
            "webhook": self.webhook,
            "eligible": None if self.eligible is None else list(self.eligible),
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Rung":
        """Read what `to_json` wrote."""
        channel, eligible = stored["channel"], stored["eligible"]
        return cls(
            after=timedelta(seconds=stored["after_s"]),
            to=tuple(stored["to"]),
            channel=None if channel is None else ChannelId(channel),
            webhook=stored.get("webhook"),
            eligible=None if eligible is None else tuple(map(UserId, eligible)),
        )


def all_rungs(ladders: Iterable[tuple[Rung, ...]]) -> tuple[Rung, ...]:
    """Return every rung of any ladder once, in the order they fire."""
    found = {rung.place: rung for ladder in ladders for rung in ladder}
    return tuple(found[place] for place in sorted(found))
