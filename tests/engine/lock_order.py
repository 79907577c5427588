"""A store that fails a unit which locks out of order; the order stands at the port `Transaction`.

Put before the desk of every gateway in a test, on SQLite too, where nothing has to be locked: what
would be locked on PostgreSQL is told from the statements.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.errors import StoreUnavailable
from approvals.domain.freeze import Freeze
from approvals.domain.ids import RequestId
from approvals.operations.ports import Committed, Store, Transaction
from approvals.operations.snapshot import Snapshot
from approvals.storage.dialects import Statement
from approvals.storage.executor import Executor, Found
from approvals.storage.sql_transaction import SqlTransaction

Result = TypeVar("Result")

ORDER = (
    "frozen",
    "fact",
    "home",
    "api_key",
    "run",
    "run_thread",
    "run_note",
    "approval_request",
    "tool_schema",
    "job",
    "audit_event",
)
KEYED = frozenset({"run", "approval_request", "job"})
"""Many rows of these may be locked by one unit: by their keys, upwards."""
OF_REQUEST = frozenset({"permit", "card", "decision"})
"""Changed only by who holds the request."""
_TABLE = re.compile(r"(?:INSERT INTO|UPDATE|DELETE FROM|FROM) (\w+)")


class OutOfOrder(AssertionError):
    """A unit locked something that another unit may hold while it waits for this one."""


class InLockOrder:
    """Implements the `Store` port over another store and watches what its units lock."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def write(self, unit: Callable[[Transaction], Result]) -> Result:
        def watched(tx: Transaction) -> Result:
            assert isinstance(tx, SqlTransaction)
            tx.executor = Watch(tx.executor)
            return unit(tx)

        return await self._store.write(watched)

    async def look(self, unit: Callable[[Snapshot], Result]) -> Result:
        return await self._store.look(unit)

    @property
    def is_writable(self) -> bool:
        return self._store.is_writable

    async def health(self) -> StoreUnavailable | None:
        return await self._store.health()

    async def request(self, request_id: RequestId) -> ApprovalRequest | None:
        return await self._store.request(request_id)

    async def freezes(self) -> Sequence[Freeze]:
        return await self._store.freezes()

    async def next_due_at(self) -> datetime | None:
        return await self._store.next_due_at()

    async def next_job_at(self) -> datetime | None:
        return await self._store.next_job_at()

    def on_commit(self, listener: Callable[[Committed], None]) -> None:
        self._store.on_commit(listener)


class Watch:
    """Runs statements on another executor; raises at the first step back."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._held: set[tuple[str, str]] = set()
        self._at = (0, "")

    @property
    def faults(self) -> tuple[type[Exception], ...]:
        return self._executor.faults

    def __getattr__(self, name: str) -> Any:
        return getattr(self._executor, name)

    def run(self, statement: Statement, values: Mapping[str, Any]) -> Found:
        sql = " ".join(statement.postgresql.sql.split())
        is_read = sql.startswith("SELECT")
        if is_read and "FOR UPDATE" not in sql:
            return self._executor.run(statement, values)
        named = _TABLE.search(sql)
        assert named is not None, sql
        table = named[1]
        if is_read:
            return self._read(table, self._executor.run(statement, values), waits="SKIP" not in sql)
        if sql.startswith("INSERT") and "ON CONFLICT" not in sql and table in KEYED:
            self._held.add((table, str(values["id"])))
        elif table in OF_REQUEST:
            held = ("approval_request", str(values["request_id"]))
            assert held in self._held, f"{table} changed by who does not hold its request"
        elif not (table == "run_thread" and ("run", values["run_id"]) in self._held):
            self._locks(table, _key(table, values), waits="SKIP LOCKED" not in sql)
        return self._executor.run(statement, values)

    def _read(self, table: str, found: Found, *, waits: bool) -> Found:
        rows = found.fetchall()
        for row in rows:
            self._locks(table, row["id"], waits=waits)
        return cast("Found", Rows(rows))

    def _locks(self, table: str, key: str, *, waits: bool) -> None:
        place = (ORDER.index(table), key if table in KEYED else "")
        if (table, key) in self._held:
            return
        if waits and place < self._at:
            raise OutOfOrder(f"{table} {key} is locked after {ORDER[self._at[0]]} {self._at[1]}")
        self._held.add((table, key))
        self._at = max(self._at, place)

    def lock_audit(self) -> None:
        self._executor.lock_audit()


class Rows:
    """What a statement gave, read already."""

    def __init__(self, rows: list[Any]) -> None:
        self._rows = rows
        self.rowcount = len(rows)

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None

    def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    def __iter__(self) -> Iterator[Any]:
        return iter(self.fetchall())


def _key(table: str, values: Mapping[str, Any]) -> str:
    if table == "job":
        kind, subject = values.get("kind", values.get("job_kind")), None
        subject = values.get("subject", values.get("job_subject"))
        return f"{kind}:{subject}"
    for name in ("request_id", "run_id", "id"):
        if name in values:
            return str(values[name])
    return ""
