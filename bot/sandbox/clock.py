"""The local Slack's clock: the only place it reads the time of day.

Tests pass a `SteppedClock` so that trigger and response_url expiries need no waiting.
"""

import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Where the local Slack takes the time from."""

    def epoch_s(self) -> float:
        """Seconds since 1970 UTC, as Slack's `ts` counts."""


class WallClock:
    """The machine's clock."""

    def epoch_s(self) -> float:
        """Seconds since 1970 UTC."""
        return time.time()  # noqa: TID251 - this is the Clock


@dataclass
class SteppedClock:
    """A clock that a test moves by hand."""

    at_s: float = 1_700_000_000.0

    def epoch_s(self) -> float:
        """The time it was last moved to."""
        return self.at_s

    def advance(self, seconds: float) -> None:
        """Move it forward."""
        self.at_s += seconds
