"""How much agents from outside may ask at once: settings of the gateway, in force at every key.

A key may carry limits of its own; of the two the lower holds (`Limits.lowered`).
Asked in the transaction that opens a question, after what stands under its key. What a rule allows
or denies asks nobody and does not count. Source: case R10.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

NEW_PER = timedelta(minutes=1)
MOST = 1_000_000
"""A limit above this is a slip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most questions there may be."""

    pending_of_agent: int = 50
    """Of one agent of one owner that wait at the same time."""
    pending: int = 5_000
    """Of everyone that wait at the same time."""
    new_of_agent: int = 30
    """Of one agent of one owner, opened within NEW_PER."""

    def lowered(self, *, pending: int | None, new: int | None) -> "Limits":
        """Return them with those of one agent no higher than *pending* and *new*; None: as is."""
        return replace(
            self,
            pending_of_agent=_lower(self.pending_of_agent, pending),
            new_of_agent=_lower(self.new_of_agent, new),
        )


def _lower(general: int, own: int | None) -> int:
    return general if own is None else min(general, own)
