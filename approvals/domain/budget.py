"""How many questions may be put to people: approvers' attention is what an agent must not use up.

A term of a channel or of the defaults (`terms.BUDGET`), asked when a question is opened.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """New questions in a channel within *per*: at most so many of one agent, and of all."""

    per: timedelta
    agent: int | None = None
    channel: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {"per_s": self.per.total_seconds(), "agent": self.agent, "channel": self.channel}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Budget":
        """Read what `to_json` wrote."""
        return cls(
            per=timedelta(seconds=stored["per_s"]),
            agent=stored["agent"],
            channel=stored["channel"],
        )


def smallest(budgets: Iterable[Budget | None]) -> Budget | None:
    """Return the budget that lets the fewest questions of all through, None where there is none."""
    found = [budget for budget in budgets if budget is not None]
    return min(found, key=_per_second, default=None)


def _per_second(budget: Budget) -> float:
    counts = [count for count in (budget.agent, budget.channel) if count is not None]
    return min(counts) / budget.per.total_seconds()
