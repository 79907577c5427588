"""Runs units and reads on the pool, again where that may help, and finds out what became of them.

Used by the store. A unit is free of side effects, so it is run again after a deadlock, after a key
that another unit stored first, and after a lost connection; when the connection is lost during the
commit, the server is asked what became of the transaction.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from approvals.operations.ports import Committed, Ids, Transaction
from approvals.operations.snapshot import Snapshot
from approvals.storage.dialects import Statement
from approvals.storage.postgres import faults
from approvals.storage.postgres.executor import PostgresExecutor
from approvals.storage.postgres.hold import Hold
from approvals.storage.sql_snapshot import SqlSnapshot
from approvals.storage.sql_transaction import SqlTransaction, news_of

Result = TypeVar("Result")
Ran = tuple[Any, Committed]

PATIENCE = timedelta(seconds=5)
"""After this nothing is begun again."""
PAUSES_S = (0.0, 0.02, 0.1, 0.3)
"""Before each new attempt; the last one is used again."""
CLASHES_MAX = 3
"""A key that another unit stored meanwhile is found the second time; a bug is not waited for."""

_STATUS = "SELECT pg_xact_status($1::text::xid8)"


class Units:
    """Runs units of one gateway."""

    def __init__(
        self,
        engine: AsyncEngine,
        hold: Hold,
        *,
        ids: Ids,
        source: str,
        patience: timedelta = PATIENCE,
    ) -> None:
        self._engine = engine
        self._reads = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._looks = engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._hold = hold
        self._ids = ids
        self._source = source
        self._patience_s = patience.total_seconds()

    async def run(self, unit: Callable[[Transaction], Any]) -> Ran:
        """Run *unit* in a transaction and return its result and its news after the commit.

        Raises:
            OutOfReach: the database is not this gateway's just now, or does not say what it did.
            Exception: what the unit raised, or the fault that did not pass.
        """
        return await self._patiently(lambda in_turn: self._attempt(unit, in_turn=in_turn))

    async def row(self, statement: Statement, values: Mapping[str, Any]) -> Any:
        """Return the first row of *statement*, read outside any transaction, or None.

        Raises:
            Exception: the fault that did not pass.
        """

        async def read(_: bool) -> Any:
            async with self._reads.connect() as connection:
                return await _on(connection, lambda made: _first(made, statement, values))

        return await self._patiently(read)

    async def look(self, unit: Callable[[Snapshot], Result]) -> Result:
        """Run *unit* on what is stored at one moment, in a transaction that only reads.

        Raises:
            Exception: the fault that did not pass.
        """

        def looked(made: Connection) -> Result:
            return unit(SqlSnapshot(PostgresExecutor(made)))

        async def read(_: bool) -> Result:
            async with self._looks.connect() as connection:
                found: Result = await _on(connection, looked)
                return found

        return await self._patiently(read)

    async def rows(self, statement: Statement) -> Sequence[Any]:
        """Return every row of *statement*, read outside any transaction.

        Raises:
            Exception: the fault that did not pass.
        """

        async def read(_: bool) -> Sequence[Any]:
            async with self._reads.connect() as connection:
                found: Sequence[Any] = await _on(connection, lambda made: _all(made, statement))
                return found

        return await self._patiently(read)

    async def _attempt(self, unit: Callable[[Transaction], Any], *, in_turn: bool) -> Ran:
        await self._hold.keep()
        ran: Ran
        async with self._engine.connect() as connection:
            await connection.begin()
            work = partial(self._run, unit, in_turn=in_turn)
            ran, transaction_id = await _on(connection, work)
            try:
                await connection.commit()
            except Exception as fault:
                if not faults.is_lost(fault):
                    raise
                await connection.invalidate()
                lost = fault
            else:
                return ran
        # Without a number nothing was audited, and such a unit does no harm when it is run twice.
        if transaction_id is not None and await self._was_committed(transaction_id):
            return ran
        raise lost

    def _run(
        self, unit: Callable[[Transaction], Any], connection: Connection, *, in_turn: bool
    ) -> Any:
        """Run *unit*; return its result and news, and the transaction's number if it audits."""
        executor = PostgresExecutor(connection)
        if in_turn:
            executor.lock_turn()
        tx = SqlTransaction(executor, ids=self._ids, source=self._source)
        try:
            result = unit(tx)
            tx.finish()
        except Exception:
            if tx.fault is not None:
                raise tx.fault from None
            raise
        if tx.fault is not None:
            raise tx.fault
        return (result, news_of([tx])), executor.transaction_id

    async def _patiently(self, attempt: Callable[[bool], Awaitable[Result]]) -> Result:
        """Return what *attempt* gives, beginning anew after faults that may pass.

        After a conflict it is told to wait its turn: what conflicted once would do so again.
        """
        give_up_at = monotonic() + self._patience_s
        clashes = tries = 0
        in_turn = False
        while True:
            try:
                return await attempt(in_turn)
            except Exception as fault:
                in_turn = in_turn or faults.is_conflict(fault)
                clashes += faults.is_clash(fault)
                if not faults.passes(fault) or clashes == CLASHES_MAX or monotonic() > give_up_at:
                    raise
            await asyncio.sleep(PAUSES_S[min(tries, len(PAUSES_S) - 1)])
            tries += 1

    async def _was_committed(self, transaction_id: str) -> bool:
        """Ask what became of a transaction whose commit was not answered.

        Raises:
            Unsure: the server cannot be asked, or has forgotten.
        """
        give_up_at = monotonic() + self._patience_s
        status: str | None = "in progress"
        while status == "in progress" and monotonic() < give_up_at:
            await asyncio.sleep(PAUSES_S[1])
            try:
                async with self._reads.connect() as connection:
                    asked = await connection.exec_driver_sql(_STATUS, (transaction_id,))
                    status = asked.scalar()
            except Exception as fault:
                if not faults.is_fault(fault):
                    raise
        if status in {"committed", "aborted"}:
            return status == "committed"
        raise faults.Unsure


async def _on(connection: AsyncConnection, work: Callable[[Connection], Any]) -> Any:
    """Do *work* on a connection, which is of no more use if that breaks it."""
    try:
        return await connection.run_sync(work)
    except Exception as fault:
        if faults.is_fault(fault) and faults.is_lost(fault):
            await connection.invalidate()
        raise


def _first(connection: Connection, statement: Statement, values: Mapping[str, Any]) -> Any:
    return PostgresExecutor(connection).run(statement, values).fetchone()


def _all(connection: Connection, statement: Statement) -> Sequence[Any]:
    return list(PostgresExecutor(connection).run(statement, {}).fetchall())
