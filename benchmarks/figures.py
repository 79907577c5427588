"""A measured ratio, how it is printed, and the profile that is printed with a missed target.

Every benchmark returns figures and nothing else; `__main__` prints them. A ratio is formed inside
each round, from ours and the baseline taken in turns, because the machine is shared and drifts.
"""

import asyncio
import cProfile
import pstats
import statistics
import threading
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any, TypeVar

PROFILE_LINES = 15
BENCHMARK_TIMEOUT_S = 120
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the ratio should be: at most *limit*, or at least."""

    limit: float
    at_least: bool = False

    def is_met(self, value: float) -> bool:
        """Whether *value* is good enough."""
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"target {'≥' if self.at_least else '≤'} {self.limit:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured ratio: a value for each round, and the workload to profile when it misses."""

    name: str
    rounds: Sequence[float]
    target: Target | None = None
    """None for a figure told beside a target's, to see it in proportion."""
    unit: str = "×"
    detail: str = ""
    ours: Callable[[], object] | None = None
    """Runs our side alone."""

    @property
    def value(self) -> float:
        """The median round."""
        return statistics.median(self.rounds)

    @property
    def is_missed(self) -> bool:
        """Whether there is a target and the median misses it."""
        return self.target is not None and not self.target.is_met(self.value)

    def line(self) -> str:
        """Return the figure as it is printed."""
        low, high = min(self.rounds), max(self.rounds)
        verdict = "MISSED" if self.is_missed else "ok" if self.target else "–"
        target = f"; {self.target}" if self.target else ""
        span = f"{_short(low)}–{_short(high)} in {len(self.rounds)} rounds{target}"
        detail = f"; {self.detail}" if self.detail else ""
        return f"{self.name}: {_short(self.value)}{self.unit} ({span}) {verdict}{detail}"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def bounded(
    measuring: Coroutine[Any, Any, Result], *, within_s: float = BENCHMARK_TIMEOUT_S
) -> Result:
    """Run a measurement on a loop of its own; one that hangs raises TimeoutError."""
    return asyncio.run(asyncio.wait_for(measuring, within_s))


def milliseconds(seconds: float) -> str:
    """Return a duration as people read it."""
    return f"{seconds * 1e3:.3g} ms"


def p99(values: Sequence[float]) -> float:
    """Return the 99th percentile."""
    return statistics.quantiles(values, n=100)[98]


def print_profile(workload: Callable[[], object]) -> None:
    """Run *workload* and print where its time went, threads that it starts included."""
    profiles = [cProfile.Profile()]

    def profile_thread(_frame: FrameType, _event: str, _argument: Any) -> None:
        # Called once in each new thread; enabling replaces this hook there.
        profiles.append(cProfile.Profile())
        profiles[-1].enable()

    threading.setprofile(profile_thread)
    try:
        profiles[0].runcall(workload)
    finally:
        threading.setprofile(None)
    told = pstats.Stats(profiles[0])
    for each in profiles[1:]:
        told.add(each)
    told.sort_stats("tottime").print_stats(PROFILE_LINES)
