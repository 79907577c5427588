"""A tool's body with a deadline, in a way that even a body that cannot be cancelled keeps to.

A coroutine that ignores its cancelling, or a thread that never ends, goes on by itself: its end is
still reported by the gate, but no run waits for it (case F17).
"""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar

Result = TypeVar("Result")
LEAVES_WITHIN_S = 1.0
_left: set[asyncio.Task[Any]] = set()


class TookTooLong(Exception):
    """The body had not ended at its deadline."""


async def within(deadline: timedelta, work: Coroutine[Any, Any, Result]) -> Result:
    """Await *work* for no longer than *deadline*, plus a second for it to leave.

    Raises:
        TookTooLong: it was cancelled, or left to itself.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task}, timeout=deadline.total_seconds())
    except asyncio.CancelledError:
        await _leave(task)
        raise
    if not task.done():
        await _leave(task)
        raise TookTooLong
    return task.result()


async def _leave(task: asyncio.Task[Any]) -> None:
    task.cancel()
    # A loop keeps only weak references to its tasks.
    _left.add(task)
    task.add_done_callback(_forget)
    await asyncio.wait({task}, timeout=LEAVES_WITHIN_S)


def _forget(task: asyncio.Task[Any]) -> None:
    _left.discard(task)
    if not task.cancelled():
        task.exception()
