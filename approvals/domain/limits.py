"""How much agents from outside may ask at once: settings of the gateway, in force at every key.

Asked in the transaction that opens a question, after what stands under its key. What a rule allows
or denies asks nobody and does not count. Source: case R10.
"""

from dataclasses import dataclass
from datetime import timedelta

NEW_PER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most questions there may be."""

    pending_of_agent: int = 50
    """Of one agent of one owner that wait at the same time."""
    pending: int = 5_000
    """Of everyone that wait at the same time."""
    new_of_agent: int = 30
    """Of one agent of one owner, opened within NEW_PER."""
