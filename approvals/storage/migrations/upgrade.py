"""Runs the migrations on an open database, all of them in one transaction.

Called when a database is prepared, which imports this module (and Alembic with it) lazily. A crash
in the middle leaves the database as it was.
"""

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool


def upgrade(connection: sqlite3.Connection, revision: str = "head") -> None:
    """Bring the database to *revision*; *connection* begins no transactions of its own.

    Raises:
        sqlite3.Error: as the driver raised it; the database is as it was.
    """
    connection.execute("PRAGMA foreign_keys=OFF")  # SQLite alters a table by making it anew
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    event.listen(engine, "begin", _begin)
    try:
        with engine.begin() as opened:
            run_migrations(opened, revision)
    except DBAPIError as fault:
        if isinstance(fault.orig, sqlite3.Error):
            raise fault.orig from fault
        raise
    connection.execute("PRAGMA foreign_keys=ON")


def run_migrations(opened: Connection, revision: str = "head") -> None:
    """Bring the database of *opened* to *revision*, in the transaction that is open on it."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = opened
    command.upgrade(config, revision)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
