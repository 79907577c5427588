"""Checks the audit log in PostgreSQL; read-only, so it may be run beside a gateway."""

from collections.abc import Iterator

from sqlalchemy import Connection

from approvals.storage import statements
from approvals.storage.audit_chain import ChainReport, verify_chain
from approvals.storage.columns import Row
from approvals.storage.postgres import faults
from approvals.storage.postgres.executor import PostgresExecutor
from approvals.storage.postgres.server import Server

PAGE = 1_000


async def verify_database(server: Server) -> ChainReport:
    """Check the log of *server*'s schema.

    Raises:
        StoreUnavailable: it cannot be read.
    """
    engine = server.single()
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_verify)
    except Exception as fault:
        told = faults.opening_error(fault, server)
        if told is not None:
            raise told from None
        raise
    finally:
        await engine.dispose()


def _verify(connection: Connection) -> ChainReport:
    return verify_chain(_events(PostgresExecutor(connection)))


def _events(executor: PostgresExecutor) -> Iterator[Row]:
    seq = 0
    while page := executor.run(statements.EVENTS_AFTER, {"seq": seq, "limit": PAGE}).fetchall():
        yield from page
        seq = page[-1]["seq"]
