"""The drawer over PostgreSQL: the `Store` port, and what the composition root needs to open it.

Each unit is one transaction on one connection of the pool, with the rows it reads for a change
locked until it ends. Units run side by side; what they cannot do side by side PostgreSQL refuses,
and the unit is run again. A caller is answered only after COMMIT.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any, TypeVar, cast

from approvals.domain import errors
from approvals.operations.ports import Clock, Committed, Ids, Transaction
from approvals.operations.snapshot import Snapshot
from approvals.storage.dialects import Statement
from approvals.storage.postgres import faults, schema
from approvals.storage.postgres.hold import Hold
from approvals.storage.postgres.server import Server
from approvals.storage.postgres.units import PATIENCE, Units
from approvals.storage.sql_reads import SqlReads
from approvals.storage.sql_transaction import SqlTransaction

Result = TypeVar("Result")


class PostgresStore(SqlReads):
    """The store of one gateway process. Use `PostgresStore.open()`."""

    def __init__(self, units: Units, *, clock: Clock) -> None:
        super().__init__(clock=clock)
        self._units = units
        self._running: set[asyncio.Task[Any]] = set()
        self._trouble: errors.StoreUnavailable | None = None
        self._is_closed = False

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        server: Server,
        *,
        clock: Clock,
        ids: Ids,
        source: str,
        patience: timedelta = PATIENCE,
    ) -> AsyncIterator["PostgresStore"]:
        """Open the schema, made or migrated if needed; leaving the context ends what runs first.

        *source* names this gateway in audit events; a write is refused when the database has
        not come back after *patience*.

        Raises:
            GatewayRunning: another gateway uses the schema.
            StoreNewer: a newer program made it.
            StoreUnavailable: it cannot be opened or is not ours.
        """
        async with AsyncExitStack() as stack:
            hold = Hold(server)
            await hold.take()
            stack.push_async_callback(hold.close)
            await schema.prepare(server)
            engine = server.pool()
            stack.push_async_callback(engine.dispose)
            units = Units(engine, hold, ids=ids, source=source, patience=patience)
            store = cls(units, clock=clock)
            stack.push_async_callback(store._end)
            await store.write(_take_jobs_back)
            yield store

    async def write(self, unit: Callable[[Transaction], Result]) -> Result:
        """Run *unit* in a transaction and return its result after the commit.

        A caller that is cancelled meanwhile leaves the unit running: it may still be stored.

        Raises:
            Refusal: raised by the unit; nothing of the unit was stored.
            StoreUnavailable: nothing of the unit was stored; `Unsure` says when that is not known.
        """
        if self._is_closed:
            raise errors.StoreUnavailable("The store is closed. Nothing was saved.")
        task = asyncio.ensure_future(self._stored(unit))
        self._running.add(task)
        task.add_done_callback(self._ended)
        return cast("Result", await asyncio.shield(task))

    async def look(self, unit: Callable[[Snapshot], Result]) -> Result:
        """Run *unit*, which only reads, on a connection of its own.

        Raises:
            StoreUnavailable: it cannot be read.
        """
        try:
            return await self._units.look(unit)
        except Exception as fault:
            if not faults.is_fault(fault):
                raise
            raise faults.store_error(fault) from fault

    @property
    def is_writable(self) -> bool:
        """Whether the last unit reached the database."""
        return self._trouble is None and not self._is_closed

    @property
    def _last_trouble(self) -> errors.StoreUnavailable | None:
        return self._trouble

    async def _stored(self, unit: Callable[[Transaction], Any]) -> Any:
        try:
            result, news = await self._units.run(unit)
        except faults.OutOfReach as trouble:
            self._trouble = trouble
            raise
        except Exception as fault:
            if not faults.is_fault(fault):
                raise
            error = faults.store_error(fault)
            if not faults.is_units_own(fault):
                self._trouble = error
            raise error from fault
        self._trouble = None
        if news != Committed():
            self._listeners.tell(news)
        return result

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, also where the caller has gone

    async def _end(self) -> None:
        self._is_closed = True
        if self._running:
            await asyncio.wait(self._running)

    async def _read(self, statement: Statement, values: Mapping[str, Any]) -> Any:
        try:
            return await self._units.row(statement, values)
        except Exception as fault:
            if not faults.is_fault(fault):
                raise
            raise faults.store_error(fault) from fault

    async def _read_all(self, statement: Statement) -> Sequence[Any]:
        try:
            return await self._units.rows(statement)
        except Exception as fault:
            if not faults.is_fault(fault):
                raise
            raise faults.store_error(fault) from fault


def _take_jobs_back(tx: Transaction) -> None:
    """One gateway holds the schema, so whoever held a job's lease is dead."""
    assert isinstance(tx, SqlTransaction)
    tx.release_all_jobs()
