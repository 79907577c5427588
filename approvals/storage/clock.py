"""The present, from the operating system. The only place of the program that asks for it.

It never runs backwards, so that no deadline comes later than people were told: while the system's
clock is set back, it goes on by elapsed time. One that is set forward is followed, because a
deadline that comes early refuses and one that comes late could permit.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

_log = logging.getLogger("sayso.clock")
_STEP = timedelta(seconds=2)
"""A system clock that is further behind than this was set back; less is how clocks differ."""


_wall: Callable[[], datetime] = partial(datetime.now, UTC)  # noqa: TID251 - this is the Clock port


def _seconds_nobody_can_set() -> Callable[[], float]:
    """Return a clock of elapsed time; where the machine can tell, its sleep counts."""
    boottime = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic if boottime is None else partial(time.clock_gettime, boottime)


_elapsed_s = _seconds_nobody_can_set()


class SystemClock:
    """The `Clock` of a running gateway."""

    def __init__(
        self,
        *,
        wall: Callable[[], datetime] = _wall,
        elapsed_s: Callable[[], float] = _elapsed_s,
    ) -> None:
        """*wall* is the system's clock in UTC, *elapsed_s* one that is never set."""
        self._wall = wall
        self.elapsed_s = elapsed_s
        self._at, self._since_s = wall(), elapsed_s()
        self._is_set_back = False

    def now(self) -> datetime:
        """Return the present, timezone-aware, in UTC; never earlier than before."""
        elapsed_s, wall = self.elapsed_s(), self._wall()
        passed_s = elapsed_s - self._since_s
        if (wall - self._at).total_seconds() >= passed_s:
            self._at, self._since_s, self._is_set_back = wall, elapsed_s, False
            return wall
        steady = self._at + timedelta(seconds=passed_s)
        if steady - wall > _STEP and not self._is_set_back:
            self._is_set_back = True
            _log.error(
                "The system's clock was set back by %.0f s. Sayso goes on by elapsed time until the"
                " clock has caught up; restart it if the clock was wrong before and is right now.",
                (steady - wall).total_seconds(),
            )
        return steady
