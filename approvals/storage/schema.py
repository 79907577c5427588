"""Brings a database file to this program's schema before anything else opens it.

Called by the store when it opens. A new file gets the tables as they are declared; an older one
is migrated (only then is Alembic loaded: it costs two seconds); a newer, foreign or damaged one is
refused and left as it is. Each of these is one transaction: a crash leaves the old or the new.
"""

import contextlib
import sqlite3
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, String, Table
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable

from approvals.domain import errors
from approvals.storage import driver, edit_tables, freeze_tables, key_tables
from approvals.storage.dialects import SQLITE
from approvals.storage.run_tables import RunRow
from approvals.storage.triggers import AUDIT_TRIGGERS

HEAD = "0025"
"""The newest revision in `migrations/versions`; they count up."""

_DECLARED = (
    RunRow,
    edit_tables.ToolSchemaRow,
    freeze_tables.FreezeRow,
    key_tables.KeyRow,
)
"""Reading a module declares its tables in the metadata all of them share."""
_VERSION = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
_CREATION: dict[str, tuple[str, ...]] = {}


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


def stored_revision(path: Path) -> str | None:
    """Return the revision of the database at *path*, None for an empty one; changes nothing.

    Raises:
        StoreNewer, StoreCorrupt, StoreUnavailable
    """
    try:
        with contextlib.closing(driver.connect(path)) as connection:
            return _checked_revision(connection, path)
    except sqlite3.Error as fault:
        raise driver.store_error(fault, path) from fault


def creation(dialect: Dialect) -> tuple[str, ...]:
    """Return the statements that make this program's schema in an empty database.

    They are written once for each kind of database: every connection has a dialect of its own.
    """
    if dialect.name not in _CREATION:
        _CREATION[dialect.name] = _written(dialect)
    return _CREATION[dialect.name]


def _written(dialect: Dialect) -> tuple[str, ...]:
    made: list[str] = []
    # All tables share one metadata; it is asked of the file that is imported last of them.
    for table in (*_DECLARED[0].metadata.sorted_tables, _VERSION):
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        made += [str(CreateIndex(index).compile(dialect=dialect)) for index in indexes]
    stamp = f"INSERT INTO alembic_version VALUES ('{HEAD}')"  # noqa: S608 - our own constant
    return (*made, *AUDIT_TRIGGERS[dialect.name], stamp)


def refuse_unknown(revision: str | None, place: str) -> str:
    """Return the *revision* stored at *place* if this program knows it.

    Raises:
        StoreNewer: a newer program wrote it.
        StoreUnavailable: there is none, so that it is another program's.
    """
    if revision is None:
        raise errors.StoreUnavailable(f"{place} is not a database of Sayso. It was left as it is.")
    if revision > HEAD:
        raise errors.StoreNewer(
            f"{place} was written by a newer Sayso (schema {revision}, this program knows {HEAD}). "
            "Upgrade this program; it will not touch the database."
        )
    return revision


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
    return refuse_unknown(None if row is None else str(row["version_num"]), str(path))


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for statement in creation(SQLITE):
        connection.execute(statement)
    connection.execute("COMMIT")
