"""The gateway's loops as one thing: started by the composition root, watched, stopped together.

A loop is meant to run for ever; one that has ended is a promise no longer kept, so readiness
names it. It restarts nothing: what ended a loop that outlives every failure is not understood.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

_log = logging.getLogger("sayso.background")


class Loops:
    """The running loops, by name."""

    def __init__(self) -> None:
        """Start with none."""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._is_closing = False

    def start(self, name: str, loop: Coroutine[Any, Any, None]) -> None:
        """Run *loop* until `close`."""
        task = asyncio.create_task(loop, name=f"loop {name}")
        self._tasks[name] = task
        task.add_done_callback(self._ended)

    @property
    def dead(self) -> tuple[str, ...]:
        """The names of the loops that have ended although nobody asked them to."""
        if self._is_closing:
            return ()
        return tuple(name for name, task in self._tasks.items() if task.done())

    async def close(self) -> None:
        """Stop all of them and wait until each has finished what it must not leave half done."""
        self._is_closing = True
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if self._is_closing:
            return
        fault = None if task.cancelled() else task.exception()
        _log.critical("%s has ended; restart the gateway", task.get_name(), exc_info=fault)
