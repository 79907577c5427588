"""An event loop whose time jumps to the next timer when nothing else is to be done.

Threads run in real time, so the loop waits a moment for them before it jumps.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, TypeVar

from tests.fakes.clock import START

Result = TypeVar("Result")
THREADS_MAY_ANSWER_S = 0.06


class _Jumping(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.jumped_s = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None or timeout <= THREADS_MAY_ANSWER_S:
            return super().select(timeout)
        ready = super().select(THREADS_MAY_ANSWER_S)
        if not ready:
            self.jumped_s += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """A loop that does an hour's sleep in a moment."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return super().time() + self._jumping.jumped_s


class LoopClock:
    """Implements the `Clock` port by the time of the running loop, from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._started_s = self._loop.time()

    def now(self) -> datetime:
        return START + timedelta(seconds=self._loop.time() - self._started_s)


def in_virtual_time(scenario: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run *scenario* on a loop of virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(scenario())
