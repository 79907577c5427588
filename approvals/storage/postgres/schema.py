"""Brings a PostgreSQL schema to this program's tables before the store is used.

Called by the store when it opens. A schema that is missing or empty gets the tables as they are
declared; an older one is migrated; a newer or foreign one is refused and left as it is. All of it
is one transaction, under a lock of its own: a crash leaves the old or the new.
"""

from collections.abc import Callable
from typing import TypeVar, cast

from sqlalchemy import Connection, text
from sqlalchemy.engine.interfaces import AdaptedConnection

from approvals.storage import schema as declared
from approvals.storage.postgres import faults
from approvals.storage.postgres.server import Server

Result = TypeVar("Result")

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('sayso.schema.' || :schema, 0))")
_EXISTS = text("SELECT 1 FROM pg_namespace WHERE nspname = :schema")
_TABLES = text("SELECT tablename FROM pg_tables WHERE schemaname = :schema")


async def prepare(server: Server) -> None:
    """Create or migrate the schema, if there is need.

    Raises:
        StoreNewer: a newer program made it.
        StoreUnavailable: it holds something else, or may not be made.
    """
    await _alone(server, _prepare)


async def stored_revision(server: Server) -> str | None:
    """Return the revision of the schema, None where there is none or it is empty; changes nothing.

    Raises:
        StoreNewer, StoreUnavailable
    """
    return await _alone(server, _revision)


async def _alone(server: Server, work: Callable[[Connection, Server], Result]) -> Result:
    """Do *work* in one transaction on a connection of its own."""
    engine = server.single()
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work, server)
    except Exception as fault:
        told = faults.opening_error(fault, server)
        if told is not None:
            raise told from None
        raise
    finally:
        await engine.dispose()


def _prepare(connection: Connection, server: Server) -> None:
    named = {"schema": server.schema}
    connection.execute(_LOCK, named)
    if connection.execute(_EXISTS, named).first() is None:
        connection.exec_driver_sql(f'CREATE SCHEMA "{server.schema}"')
    stored = _revision(connection, server)
    if stored is None:
        _create(connection)
    elif stored < declared.HEAD:
        from approvals.storage.migrations.upgrade import run_migrations

        run_migrations(connection)


def _create(connection: Connection) -> None:
    """Send all statements at once: an answer to each would be a hundred ways there and back."""
    script = ";\n".join(declared.creation(connection.dialect))
    adapted = cast("AdaptedConnection", connection.connection.dbapi_connection)
    adapted.run_async(lambda driver: driver.execute(script))


def _revision(connection: Connection, server: Server) -> str | None:
    tables = set(connection.execute(_TABLES, {"schema": server.schema}).scalars())
    if not tables:
        return None
    stored = None
    if "alembic_version" in tables:
        stored = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return declared.refuse_unknown(stored, f"{server.place}, schema {server.schema}")
