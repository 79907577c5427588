"""An event loop whose time jumps to the next timer when nothing else is to be done.

Threads run in real time, so the loop waits a moment for them before it jumps; where every store is
a `Counted` one it knows when one works, and jumps at once when none does. Then work takes next
to no time, so that nothing depends on how busy the machine is.
"""

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.errors import StoreUnavailable
from approvals.domain.freeze import Freeze
from approvals.domain.ids import RequestId
from approvals.operations.ports import Committed, Store, Transaction
from approvals.operations.snapshot import Snapshot
from tests.fakes.clock import START

Result = TypeVar("Result")
THREADS_MAY_ANSWER_S = 0.06
SOCKETS_MAY_ANSWER_S = 0.001
"""Both ends of every connection are in this process."""
LOOK_AGAIN_AFTER_S = 0.05
TURN_S = 1e-6
"""What a turn of the loop takes; without it, whoever has to wait for less would wait for ever."""


class _Jumping(selectors.DefaultSelector):
    def __init__(self) -> None:
        super().__init__()
        self.jumped_s = 0.0
        self.patience_s = THREADS_MAY_ANSWER_S
        self.is_exact = False
        self.outside = 0
        """How many threads are known to work for this loop."""

    def select(self, timeout: float | None = None) -> Any:
        if self.is_exact:
            self.jumped_s += TURN_S
        if self.is_exact and timeout and self.outside > 0:
            return super().select(LOOK_AGAIN_AFTER_S)
        if timeout is None or timeout <= (0 if self.is_exact else self.patience_s):
            return super().select(timeout)
        ready = super().select(self.patience_s)
        if not ready:
            self.jumped_s += timeout
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """A loop that does an hour's sleep in a moment."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        self._stopped_at_s: float | None = None
        super().__init__(self._jumping)

    def time(self) -> float:
        stopped_s = self._stopped_at_s
        return (super().time() if stopped_s is None else stopped_s) + self._jumping.jumped_s

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> "asyncio.Future[Any]":
        self._jumping.outside += 1
        answer = super().run_in_executor(executor, func, *args)
        answer.add_done_callback(self._came_back)
        return answer

    def _came_back(self, _: object) -> None:
        self._jumping.outside -= 1

    def counted(self, store: Store) -> "Counted":
        """Return *store*, whose threads the loop knows from now on."""
        self._stopped_at_s = super().time()
        self._jumping.patience_s, self._jumping.is_exact = SOCKETS_MAY_ANSWER_S, True
        return Counted(store, self._outside)

    async def _outside(self, work: Awaitable[Result]) -> Result:
        self._jumping.outside += 1
        try:
            return await work
        finally:
            self._jumping.outside -= 1


class Counted:
    """Implements the `Store` port over another store, each use seen by the loop."""

    def __init__(
        self, store: Store, outside: Callable[[Awaitable[Any]], Coroutine[Any, Any, Any]]
    ) -> None:
        self._store = store
        self._outside = outside

    async def write(self, unit: Callable[[Transaction], Result]) -> Result:
        written: Result = await self._outside(self._store.write(unit))
        return written

    async def look(self, unit: Callable[[Snapshot], Result]) -> Result:
        seen: Result = await self._outside(self._store.look(unit))
        return seen

    @property
    def is_writable(self) -> bool:
        return self._store.is_writable

    async def health(self) -> StoreUnavailable | None:
        trouble: StoreUnavailable | None = await self._outside(self._store.health())
        return trouble

    async def request(self, request_id: RequestId) -> ApprovalRequest | None:
        found: ApprovalRequest | None = await self._outside(self._store.request(request_id))
        return found

    async def freezes(self) -> Sequence[Freeze]:
        found: Sequence[Freeze] = await self._outside(self._store.freezes())
        return found

    async def next_due_at(self) -> datetime | None:
        at: datetime | None = await self._outside(self._store.next_due_at())
        return at

    async def next_job_at(self) -> datetime | None:
        at: datetime | None = await self._outside(self._store.next_job_at())
        return at

    def on_commit(self, listener: Callable[[Committed], None]) -> None:
        self._store.on_commit(listener)


class LoopClock:
    """Implements the `Clock` port, and the local Slack's, by the running loop's time."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._started_s = self._loop.time()

    def now(self) -> datetime:
        return START + timedelta(seconds=self._loop.time() - self._started_s)

    def elapsed_s(self) -> float:
        return self._loop.time()

    def epoch_s(self) -> float:
        return self.now().timestamp()


def in_virtual_time(scenario: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Run *scenario* on a loop of virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(scenario())
