"""The same over PostgreSQL: one session that refuses to write, and one moment of everything."""

from datetime import datetime
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from approvals.domain import errors
from approvals.domain.recorded import Recorded
from approvals.storage.columns import time_to_text
from approvals.storage.dialects import Statement
from approvals.storage.postgres.server import Server
from approvals.storage.recorded_calls import ASKED, CALLS_MAX, PASSED, read_calls


async def recorded_in_server(server: Server, *, since: datetime) -> Recorded:
    """Return the calls since *since* in the schema of *server*.

    Raises:
        StoreUnavailable: it cannot be reached or read.
    """
    try:
        connection = await server.connect(default_transaction_read_only="on")
    except (OSError, TimeoutError, asyncpg.PostgresError, ValueError) as fault:
        raise errors.StoreUnavailable(f"{server.place}: {server.hushed(str(fault))}.") from fault
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            asked = await _rows(connection, ASKED, since)
            passed = await _rows(connection, PASSED, since)
    except asyncpg.PostgresError as fault:
        raise errors.StoreUnavailable(f"{server.place}: {server.hushed(str(fault))}.") from fault
    finally:
        await connection.close()
    return read_calls(asked, passed, since=since)


async def _rows(connection: Any, statement: Statement, since: datetime) -> list[dict[str, Any]]:
    values = {"since": time_to_text(since), "limit": CALLS_MAX}
    numbered = statement.postgresql
    found = await connection.fetch(numbered.sql, *(values[name] for name in numbered.names))
    return [dict(row) for row in found]
