"""What runs one statement: the only thing of a transaction that differs between databases.

A `SqlTransaction` is given one by the store that makes it. An executor runs what it is told to on
its connection, and never begins, commits or rolls back.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from approvals.storage.dialects import Statement


class Found(Protocol):
    """What a statement gave: rows that are read by column name or in their order."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        ...

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        ...

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        ...

    def __iter__(self) -> Iterator[Any]:
        """Go through the rows that are left."""
        ...


class Executor(Protocol):
    """Runs statements in an open transaction."""

    @property
    def faults(self) -> tuple[type[Exception], ...]:
        """What the driver raises."""
        ...

    @property
    def is_alone(self) -> bool:
        """Whether nobody else can change a row while this transaction lasts."""
        ...

    def run(self, statement: Statement, values: Mapping[str, Any]) -> Found:
        """Run *statement* with *values* by parameter name.

        Raises:
            UnicodeEncodeError: a text holds half of a surrogate pair.
            Exception: one of `faults`.
        """
        ...

    def lock_audit(self) -> None:
        """Keep every other transaction from the head of the audit chain until this one ends."""
        ...


class SqliteExecutor:
    """Runs on the writer's connection."""

    __slots__ = ("connection",)

    faults = (sqlite3.Error,)
    is_alone = True

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def run(self, statement: Statement, values: Mapping[str, Any]) -> sqlite3.Cursor:
        """Run *statement* with *values* by parameter name."""
        return self.connection.execute(statement.sqlite, values)

    def lock_audit(self) -> None:
        """Do nothing: whoever writes to the file is alone."""
