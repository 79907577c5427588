"""Brings a database file to this program's schema before anything else opens it.

Called by the store when it opens. A new file gets the tables as they are declared; an older one
is migrated (only then is Alembic loaded: it costs two seconds); a newer, foreign or damaged one is
refused and left as it is. Each of these is one transaction: a crash leaves the old or the new.
"""

import contextlib
import sqlite3
from datetime import timedelta
from pathlib import Path

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from approvals.domain import errors
from approvals.storage import driver
from approvals.storage.tables import AUDIT_TRIGGERS, StoredRow

HEAD = "0003"
"""The newest revision in `migrations/versions`; they count up."""

_VERSION_TABLE = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


def prepare(path: Path, *, busy_timeout: timedelta = driver.BUSY_TIMEOUT) -> None:
    """Create or migrate the database at *path*, if there is need.

    Raises:
        StoreNewer: a newer program wrote the file.
        StoreCorrupt: the file is damaged.
        StoreUnavailable: the file holds something else, or cannot be read or written.
    """
    try:
        with contextlib.closing(driver.connect(path, busy_timeout=busy_timeout)) as connection:
            revision = _checked_revision(connection, path)
            connection.execute("PRAGMA journal_mode=WAL")
            if revision is None:
                _create(connection)
            elif revision < HEAD:
                from approvals.storage.migrations.upgrade import upgrade

                upgrade(connection)
    except sqlite3.Error as fault:
        raise driver.store_error(fault, path) from fault


def creation() -> list[str]:
    """Return the statements that make this program's schema in an empty database."""
    dialect = sqlite.dialect()
    made: list[str] = []
    for table in StoredRow.metadata.sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        made += [str(CreateIndex(index).compile(dialect=dialect)) for index in indexes]
    return [*made, *AUDIT_TRIGGERS]


def _checked_revision(connection: sqlite3.Connection, path: Path) -> str | None:
    """Return the stored revision, or None for a database without any table; changes nothing."""
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise errors.StoreCorrupt(
            f"{path} is damaged ({verdict}). Restore it from a backup; nothing was changed."
        )
    names = {row["name"] for row in connection.execute("SELECT name FROM sqlite_master")}
    if not names:
        return None
    row = None
    if "alembic_version" in names:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if row is None:
        raise errors.StoreUnavailable(f"{path} is not a database of Sayso. It was left as it is.")
    revision = str(row["version_num"])
    if revision > HEAD:
        raise errors.StoreNewer(
            f"{path} was written by a newer Sayso (schema {revision}, this program knows {HEAD}). "
            "Upgrade this program; it will not touch the file."
        )
    return revision


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement in creation():
        connection.execute(statement)
    connection.execute(_VERSION_TABLE)
    connection.execute("INSERT INTO alembic_version VALUES (:head)", {"head": HEAD})
    connection.execute("COMMIT")
