"""How columns are made in PostgreSQL, where that differs from what the tables declare."""

from typing import Any

from sqlalchemy.dialects.postgresql.base import PGTypeCompiler


class SortedByBytes(PGTypeCompiler):
    """Writes the types of new columns so that texts sort as they do in SQLite and in Python.

    The order of a database's own language may change with its operating system, and then its
    indexes are wrong.
    """

    def visit_VARCHAR(self, type_: Any, **options: Any) -> str:  # noqa: N802 - SQLAlchemy's name
        """Return a text column's type."""
        return f'{super().visit_VARCHAR(type_, **options)} COLLATE "C"'
