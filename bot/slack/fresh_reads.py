"""Answers kept for a short while, with at most one read in flight for each key.

Used by the directory: fifty clicks at once ask Slack once. A failed read is never kept, and one
caller giving up does not take the answer from the others.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.slack.elapsed import elapsed_s

Value = TypeVar("Value")

REMEMBERED_MAX = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept(Generic[Value]):
    value: Value
    begun_s: float
    number: int


class FreshReads(Generic[Value]):
    """A read-through memory whose answers are at most *max_age_s* old."""

    def __init__(self, *, max_age_s: float, monotonic: Callable[[], float] = elapsed_s) -> None:
        self._max_age_s = max_age_s
        self._monotonic = monotonic
        self._kept: dict[str, _Kept[Value]] = {}
        self._begun = 0
        """How many reads have begun; their order tells which came after a question."""
        self._in_flight: dict[str, asyncio.Task[Value]] = {}

    def kept(self, key: str) -> Value | None:
        """Return the kept answer, or None where it has to be read."""
        kept = self._kept.get(key)
        # Age counts from the start of the read: what changed while it ran may be missing.
        if kept is not None and self._monotonic() - kept.begun_s < self._max_age_s:
            return kept.value
        return None

    async def get(
        self, key: str, read: Callable[[], Awaitable[Value]], *, fresh: bool = False
    ) -> Value:
        """Return the kept answer, or that of the read in flight, or of a new one.

        With *fresh* only a read counts that began after this call; such a one is shared too.
        """
        if fresh:
            return await self._anew(key, read)
        kept = self.kept(key)
        return kept if kept is not None else await self._reading(key, read)

    async def _anew(self, key: str, read: Callable[[], Awaitable[Value]]) -> Value:
        begun = self._begun
        running = self._in_flight.get(key)
        if running is not None:
            await asyncio.wait({running})
            kept = self._kept.get(key)
            if kept is not None and kept.number > begun:
                return kept.value
        return await self._reading(key, read)

    async def _reading(self, key: str, read: Callable[[], Awaitable[Value]]) -> Value:
        task = self._in_flight.get(key)
        if task is None:
            self._begun += 1
            task = asyncio.create_task(self._read(key, read, number=self._begun))
            self._in_flight[key] = task
            task.add_done_callback(_look_at)
        return await asyncio.shield(task)

    async def _read(self, key: str, read: Callable[[], Awaitable[Value]], *, number: int) -> Value:
        begun_s = self._monotonic()
        try:
            value = await read()
        finally:
            self._in_flight.pop(key, None)
        if len(self._kept) >= REMEMBERED_MAX:
            self._kept.clear()
        self._kept[key] = _Kept(value=value, begun_s=begun_s, number=number)
        return value


def _look_at(task: asyncio.Task[Value]) -> None:
    """Mark the exception as seen when every caller has gone away."""
    if not task.cancelled():
        task.exception()
