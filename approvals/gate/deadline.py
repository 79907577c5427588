"""A body with a deadline, in a way that even one that cannot be stopped keeps to.

Used by `execution`. A coroutine that ignores its cancelling, or a thread that never ends, goes on
by itself: its end is still reported, but nothing waits for it (case F17).
"""

import asyncio
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass
from typing import Any

LEAVES_WITHIN_S = 1.0
_left: set[asyncio.Task[Any]] = set()  # a loop keeps only weak references to its tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How something came to its end."""

    result: Any = None
    error: BaseException | None = None

    def told(self) -> Any:
        """Return the result, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.result


async def to_its_end(work: Awaitable[Any]) -> Ended:
    """Await *work*; what would end the loop if a task raised it is kept for who waits."""
    try:
        return Ended(result=await work)
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        return Ended(error=error)


def begun(work: Coroutine[Any, Any, Ended]) -> asyncio.Task[Ended]:
    """Start *work*, which is kept until it has ended even if nobody waits for it any more."""
    task = asyncio.create_task(work)
    _left.add(task)
    task.add_done_callback(_forget)
    return task


async def stop(task: asyncio.Task[Any]) -> None:
    """Tell *task* to stop, and give it a second to do so."""
    task.cancel()
    await asyncio.wait({task}, timeout=LEAVES_WITHIN_S)


def _forget(task: asyncio.Task[Any]) -> None:
    _left.discard(task)
    if not task.cancelled():
        task.exception()
