"""SQLite connections as the store needs them, and its errors in our words.

Used by the writer (one connection, in its thread), by reads outside it, and by migrations.
WAL (a property of the file, set by `schema.prepare()`) with synchronous=FULL: a committed decision
survives power loss. Transactions are begun by
hand (`isolation_level=None`), with BEGIN IMMEDIATE, because a deferred one that turns into a
write fails at once with "database is locked", whatever the busy timeout.
"""

import sqlite3
from datetime import timedelta
from pathlib import Path

from approvals.domain import errors

BUSY_TIMEOUT = timedelta(seconds=5)
CACHED_STATEMENTS = 256

_STATEMENTS_OWN = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    sqlite3.DataError,
)
_FULL = (sqlite3.SQLITE_FULL,)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PRIMARY_CODE_MASK = 0xFF


def connect(
    path: Path, *, busy_timeout: timedelta = BUSY_TIMEOUT, any_thread: bool = False
) -> sqlite3.Connection:
    """Open *path* for writing; a new file is readable by its owner only.

    With *any_thread* the connection may be handed to another thread, which then owns it.

    Raises:
        StoreUnavailable: the subclass that says why.
    """
    try:
        path.touch(mode=0o600, exist_ok=True)
        connection = sqlite3.connect(
            path,
            timeout=busy_timeout.total_seconds(),
            isolation_level=None,
            check_same_thread=not any_thread,
            cached_statements=CACHED_STATEMENTS,
        )
    except OSError as fault:
        raise errors.StoreUnavailable(f"{path}: {fault.strerror}.") from fault
    except sqlite3.Error as fault:
        raise store_error(fault, path) from fault
    connection.row_factory = sqlite3.Row
    try:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=FULL")
    except sqlite3.Error as fault:
        connection.close()
        raise store_error(fault, path) from fault
    return connection


def is_statements_own(fault: sqlite3.Error) -> bool:
    """Whether *fault* tells of one statement only, not of the disk or the file."""
    return isinstance(fault, _STATEMENTS_OWN)


def store_error(fault: sqlite3.Error, path: Path | None = None) -> errors.StoreUnavailable:
    """Return the refusal that tells a person what *fault* means, and where, if *path* is given."""
    error = _refusal(fault)
    return error if path is None else type(error)(f"{path}: {error.message}")


def _refusal(fault: sqlite3.Error) -> errors.StoreUnavailable:
    code = getattr(fault, "sqlite_errorcode", None)
    primary = None if code is None else code & _PRIMARY_CODE_MASK
    if primary in _FULL:
        return errors.StoreFull()
    if primary in _BUSY:
        return errors.StoreBusy()
    if primary in _CORRUPT:
        return errors.StoreCorrupt()
    return errors.StoreUnavailable(f"The store cannot write: {fault}. Nothing was saved.")
