"""The drawer over SQLite: the `Store` port, and what the composition root needs to open it.

Writes go through the one `Writer`; reads outside it use a second, read-only connection, so that
they never wait for a commit. Opened once per process by `bot/bootstrap` or by a gate in process.
"""

import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

import aiosqlite

from approvals.domain import errors
from approvals.operations.ports import Clock, Ids, Transaction
from approvals.operations.snapshot import Snapshot
from approvals.storage import driver, schema, statements
from approvals.storage.dialects import Statement
from approvals.storage.sql_reads import SqlReads
from approvals.storage.sqlite_looks import SqliteLooks
from approvals.storage.writer import Writer

Result = TypeVar("Result")

IN_MEMORY = ":memory:"


class SqlStore(SqlReads):
    """The store of one gateway process. Use `SqlStore.open()`."""

    def __init__(self, *, clock: Clock) -> None:
        super().__init__(clock=clock)
        self._writer: Writer
        self._reads: aiosqlite.Connection
        self._looks: SqliteLooks

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        path: Path | str,
        *,
        clock: Clock,
        ids: Ids,
        source: str,
        busy_timeout: timedelta = driver.BUSY_TIMEOUT,
    ) -> AsyncIterator["SqlStore"]:
        """Open, or make, the database at *path*; leaving the context commits what is queued.

        `":memory:"` is a database that vanishes when it is closed (a file of its own meanwhile,
        so that it behaves as any other). *source* names this gateway in audit events.

        Raises:
            StoreNewer: a newer program wrote the file.
            StoreCorrupt: the file is damaged. It is left as it is.
            StoreUnavailable: it cannot be opened or is not ours.
        """
        store = cls(clock=clock)
        async with AsyncExitStack() as stack:
            if str(path) == IN_MEMORY:
                directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="sayso-"))
                path = Path(directory) / "sayso.db"
            connection = _open_for_writing(Path(path), busy_timeout)
            store._writer = Writer(
                connection, ids=ids, source=source, deliver=store._listeners.tell
            )
            store._writer.start()
            stack.push_async_callback(store._writer.close)
            store._reads = await _open_for_reading(Path(path))
            stack.push_async_callback(store._reads.close)
            store._looks = SqliteLooks(Path(path))
            stack.push_async_callback(store._looks.close)
            yield store

    async def write(self, unit: Callable[[Transaction], Result]) -> Result:
        """Run *unit* in a transaction and return its result after the commit.

        Raises:
            Refusal: raised by the unit; nothing of the unit was stored.
            StoreUnavailable: nothing of the unit was stored.
        """
        return cast("Result", await self._writer.run(unit))

    async def look(self, unit: Callable[[Snapshot], Result]) -> Result:
        """Run *unit*, which only reads, in a thread of its own.

        Raises:
            StoreUnavailable: it cannot be read.
        """
        return await self._looks.run(unit)

    @property
    def is_writable(self) -> bool:
        """Whether the writer lives and its last commit was stored."""
        return self._writer.trouble is None

    @property
    def _last_trouble(self) -> errors.StoreUnavailable | None:
        return self._writer.trouble

    async def _read(self, statement: Statement, values: Mapping[str, Any]) -> sqlite3.Row | None:
        try:
            async with self._reads.execute(statement.sqlite, values) as cursor:
                return await cursor.fetchone()
        except sqlite3.Error as fault:
            raise driver.store_error(fault) from fault

    async def _read_all(self, statement: Statement) -> Sequence[sqlite3.Row]:
        try:
            async with self._reads.execute(statement.sqlite) as cursor:
                return list(await cursor.fetchall())
        except sqlite3.Error as fault:
            raise driver.store_error(fault) from fault


def _open_for_writing(path: Path, busy_timeout: timedelta) -> sqlite3.Connection:
    """Return the writer's connection to a database whose schema is this program's.

    One process owns the data directory, so whoever held a job's lease is dead: take them back.
    """
    schema.prepare(path, busy_timeout=busy_timeout)
    connection = driver.connect(path, busy_timeout=busy_timeout, any_thread=True)
    try:
        connection.execute(statements.RELEASE_ALL_JOBS.sqlite)
    except sqlite3.Error as fault:
        connection.close()
        raise driver.store_error(fault, path) from fault
    return connection


async def _open_for_reading(path: Path) -> aiosqlite.Connection:
    reads = await aiosqlite.connect(path, isolation_level=None)
    reads.row_factory = sqlite3.Row
    await reads.execute("PRAGMA query_only=ON")
    return reads
