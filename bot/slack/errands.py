"""Work that goes on after a click was acknowledged: answers, the rest of a slow decision, tasks.

Every listener hands what may take longer to `Errands`, which keeps the tasks, logs what goes
wrong with an id, and finishes or stops them at shutdown.
"""

import asyncio
import logging
import secrets
from collections.abc import Coroutine
from typing import Any

LOGGER = logging.getLogger("sayso.slack")


def error_id() -> str:
    """Return a short id that stands both in the log and in the sentence a person reads."""
    return secrets.token_hex(4)


class Errands:
    """The running errands of one door."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Any], *, name: str) -> None:
        """Run *work* to its end; an exception is logged, never raised."""
        task = asyncio.create_task(work, name=f"slack {name}")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def settled(self) -> None:
        """Wait until no errand is running; for tests and for an orderly end."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def close(self, *, within_s: float = 1.0) -> None:
        """Give the running errands a moment, then stop them."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(set(self._tasks), timeout=within_s)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=within_s / 2)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        failure = task.exception()
        if failure is not None:
            LOGGER.error("error id %s in %s", error_id(), task.get_name(), exc_info=failure)
