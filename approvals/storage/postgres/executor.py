"""Runs a transaction's statements on asyncpg's connection, inside `run_sync`.

Used by the store for units and reads. SQLAlchemy's part is the pool and the bridge from plain
functions to the event loop; the statements are text, as on SQLite.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from approvals.storage.dialects import Statement
from approvals.storage.executor import Found
from approvals.storage.postgres import faults

_LOCK_AUDIT = (
    "SELECT pg_advisory_xact_lock(hashtextextended('sayso.audit.' || current_schema(), 0)), "
    "pg_current_xact_id()::text"
)
"""The head has to be read by a statement of its own: one that waited sees what was before."""
_LOCK_TURN = "SELECT pg_advisory_xact_lock(hashtextextended('sayso.turn.' || current_schema(), 0))"


class PostgresExecutor:
    """Runs on one connection of the pool."""

    faults = faults.DRIVER
    is_alone = False

    def __init__(self, connection: Connection) -> None:
        self._connection = connection.connection
        self.transaction_id: str | None = None
        """PostgreSQL's number for this transaction, once it has locked the audit log."""

    def run(self, statement: Statement, values: Mapping[str, Any]) -> Found:
        """Run *statement* with *values* by parameter name."""
        for value in values.values():
            if isinstance(value, str) and not value.isascii():
                value.encode()
        numbered = statement.postgresql
        return self._execute(numbered.sql, tuple(values[name] for name in numbered.names))

    def lock_audit(self) -> None:
        """Keep every other transaction from the head of the audit chain until this one ends."""
        self.transaction_id = self._execute(_LOCK_AUDIT, ()).fetchone()[1]

    def lock_turn(self) -> None:
        """Wait until no other unit is in its second attempt; called before anything is locked."""
        self._execute(_LOCK_TURN, ())

    def _execute(self, sql: str, values: tuple[Any, ...]) -> Found:
        cursor: Any = self._connection.cursor()
        cursor.execute(sql, values)
        found: Found = cursor
        return found
