"""The one place where statements become SQL: each is defined once and compiled per database.

`statements` makes the definitions; the executors run what comes out. SQLite's SQL is made at
import, because its decision path runs on nothing but strings; PostgreSQL's when it is first used.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

Insert: TypeAlias = "sqlite.Insert | postgresql.Insert"
"""Each database's own insert; both know `on_conflict_do_update` and `on_conflict_do_nothing`."""
Definition: TypeAlias = ClauseElement | Callable[[Callable[[Table], Insert]], ClauseElement]
"""A statement, or what makes one from the database's own `insert`."""

SQLITE: Dialect = sqlite.dialect(paramstyle="named")


@cache
def _postgresql() -> tuple[Dialect, Callable[[Table], Insert]]:
    # Loading it takes a tenth of a second, which whoever stays with SQLite need not wait.
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.dialects.postgresql import asyncpg

    return asyncpg.dialect(), postgresql.insert  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Numbered:
    """SQL with the parameters $1, $2, …, and the names of the values that go there."""

    sql: str
    names: tuple[str, ...]


class Statement:
    """One statement, in the SQL of each database. All its values are named parameters."""

    __slots__ = ("_columns", "_definition", "_numbered", "only_reads", "sqlite")

    def __init__(self, definition: Definition, columns: Sequence[str] | None = None) -> None:
        """*columns* are those an insert fills."""
        self._definition = definition
        self._columns = columns
        self._numbered: Numbered | None = None
        self.sqlite = str(self._compiled(SQLITE, sqlite.insert))
        """The SQL for SQLite, with parameters by name."""
        self.only_reads = self.sqlite.startswith("SELECT")

    @property
    def postgresql(self) -> Numbered:
        """The SQL for PostgreSQL."""
        if self._numbered is None:
            compiled = self._compiled(*_postgresql())
            self._numbered = Numbered(str(compiled), tuple(compiled.positiontup or ()))
        return self._numbered

    def _compiled(self, dialect: Dialect, insert: Callable[[Table], Insert]) -> SQLCompiler:
        made = self._definition
        statement = made if isinstance(made, ClauseElement) else made(insert)
        compiled = statement.compile(dialect=dialect, column_keys=self._columns)
        assert isinstance(compiled, SQLCompiler)
        given = [bind.key for bind in compiled.bind_names if not bind.required]
        assert not given, f"a literal would have to be passed on every call: {given}"
        return compiled
