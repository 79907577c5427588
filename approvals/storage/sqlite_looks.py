"""Looks at a SQLite file: a connection of its own that only reads, used in a thread.

A look may read a thousand rows, which neither the writer nor the event loop waits for. Opened and
closed by `SqlStore`.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from approvals.domain import errors
from approvals.operations.snapshot import Snapshot
from approvals.storage import driver
from approvals.storage.executor import SqliteExecutor
from approvals.storage.sql_snapshot import SqlSnapshot

Result = TypeVar("Result")


class SqliteLooks:
    """Runs units that look, one after the other."""

    def __init__(self, path: Path) -> None:
        self._connection = driver.connect(path, any_thread=True)
        self._connection.execute("PRAGMA query_only=ON")
        self._turn = threading.Lock()
        self._is_closed = False

    async def run(self, unit: Callable[[Snapshot], Result]) -> Result:
        """Run *unit* on what is stored at this moment.

        Raises:
            StoreUnavailable: it cannot be read.
        """
        return await asyncio.to_thread(self._run, unit)

    async def close(self) -> None:
        """Close the connection once a look that is under way has ended."""
        await asyncio.to_thread(self._close)

    def _run(self, unit: Callable[[Snapshot], Result]) -> Result:
        with self._turn:
            if self._is_closed:
                raise errors.StoreUnavailable("The store is closed.")
            try:
                self._connection.execute("BEGIN")
                try:
                    return unit(SqlSnapshot(SqliteExecutor(self._connection)))
                finally:
                    self._connection.execute("ROLLBACK")
            except sqlite3.Error as fault:
                raise driver.store_error(fault) from fault

    def _close(self) -> None:
        with self._turn:
            self._is_closed = True
            self._connection.close()
