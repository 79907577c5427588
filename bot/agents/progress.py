"""How far one run has come, written to its row at most about once a second.

Called by the run's middleware after each step; `flush` writes what is new before a pause or an end.
A failure to write is logged: the next one says it all again.
"""

import asyncio
import logging
from types import TracebackType
from typing import Self

from approvals.domain.errors import Refusal
from approvals.domain.ids import RunId
from approvals.operations.desk import Desk
from approvals.operations.note_progress import Progress, note_progress

_log = logging.getLogger(__name__)
WRITE_EVERY_S = 1.0


class RunProgress:
    """The progress of one taken run; `async with` keeps its writer."""

    def __init__(self, desk: Desk, run_id: RunId, known: Progress) -> None:
        """Start from what is *known*: what the row says."""
        self._desk = desk
        self._run_id = run_id
        self._now = self._written = known
        self._news = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._writer = asyncio.create_task(self._write_on())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        assert self._writer is not None
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)

    @property
    def now(self) -> Progress:
        """Return where the run stands."""
        return self._now

    def note(self, progress: Progress) -> None:
        """Say where the run stands now."""
        self._now = progress
        self._news.set()

    async def flush(self) -> None:
        """Write what has not been written, unless the store refuses."""
        if self._now == self._written:
            return
        progress = self._now
        try:
            await note_progress(self._desk, self._run_id, progress)
        except Refusal as refusal:
            _log.warning("progress of run %s is not stored: %s", self._run_id, refusal.message)
            return
        self._written = progress

    async def _write_on(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            await self.flush()
            await asyncio.sleep(WRITE_EVERY_S)
