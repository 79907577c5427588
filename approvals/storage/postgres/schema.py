"""Brings a PostgreSQL schema to this program's tables before the store is used.

Called by the store when it opens. A schema that is missing or empty gets the tables as they are
declared; an older one is migrated; a newer or foreign one is refused and left as it is. All of it
is one transaction, under a lock of its own: a crash leaves the old or the new.
"""

from sqlalchemy import Connection, text

from approvals.storage import schema as declared
from approvals.storage.postgres import faults
from approvals.storage.postgres.server import Server

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('sayso.schema.' || :schema, 0))")
_EXISTS = text("SELECT 1 FROM pg_namespace WHERE nspname = :schema")
_TABLES = text("SELECT tablename FROM pg_tables WHERE schemaname = :schema")


async def prepare(server: Server) -> None:
    """Create or migrate the schema, if there is need.

    Raises:
        StoreNewer: a newer program made it.
        StoreUnavailable: it holds something else, or may not be made.
    """
    engine = server.single()
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_prepare, server)
    except Exception as fault:
        if faults.is_fault(fault):
            raise faults.store_error(fault, server.place) from fault
        raise
    finally:
        await engine.dispose()


def _prepare(connection: Connection, server: Server) -> None:
    named = {"schema": server.schema}
    connection.execute(_LOCK, named)
    if connection.execute(_EXISTS, named).first() is None:
        connection.exec_driver_sql(f'CREATE SCHEMA "{server.schema}"')
    tables = set(connection.execute(_TABLES, named).scalars())
    if not tables:
        for statement in declared.creation(connection.dialect):
            connection.exec_driver_sql(statement)
        return
    stored = None
    if "alembic_version" in tables:
        stored = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    place = f"{server.place}, schema {server.schema}"
    if declared.refuse_unknown(stored, place) < declared.HEAD:
        from approvals.storage.migrations.upgrade import run_migrations

        run_migrations(connection)
