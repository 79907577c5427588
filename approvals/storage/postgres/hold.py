"""Keeps a schema one gateway's: a lock that PostgreSQL holds for as long as our connection lives.

Taken by the store before anything else. A second gateway would take the first one's calls for
abandoned; until gateways know of each other it is refused. When the connection breaks the lock goes
with it, and nothing is written before it is held again.
"""

import asyncio
import contextlib
from typing import Any

from approvals.domain import errors
from approvals.storage.postgres import faults
from approvals.storage.postgres.server import Server

MAJOR_MIN = 13
WAIT_S = 1.0
"""How long a start waits for the gateway before it to be gone."""
PAUSE_S = 0.1
CLOSE_TIMEOUT_S = 2

_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('sayso.gateway.' || $1, 0))"
_HOLDER = (
    "SELECT a.pid, coalesce(host(a.client_addr), 'the same machine') AS address "
    "FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' "
    "AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = "
    "current_database()) AND (l.classid::bigint << 32 | l.objid::bigint) = "
    "hashtextextended('sayso.gateway.' || $1, 0)"
)


class Hold:
    """The one gateway's hold on a schema."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection: Any = None
        self._taking = asyncio.Lock()

    async def take(self) -> None:
        """Connect and take the lock.

        Raises:
            GatewayRunning: another gateway has it.
            StoreUnavailable: the server cannot be used.
        """
        try:
            await self._take()
        except errors.Refusal:
            raise
        except Exception as fault:
            told = faults.opening_error(fault, self._server)
            if told is not None:
                raise told from None
            raise

    async def keep(self) -> None:
        """Take the lock again if the connection that held it broke.

        Raises:
            OutOfReach: another gateway took it meanwhile.
            Exception: a fault of the database or of the way to it.
        """
        if not self._connection.is_closed():
            return
        async with self._taking:
            if not self._connection.is_closed():
                return
            try:
                await self._take()
            except errors.GatewayRunning as taken:
                raise faults.OutOfReach(
                    "Another gateway took this database while the connection to it was lost. "
                    "Nothing was saved; stop one of them."
                ) from taken

    async def _take(self) -> None:
        connection = await self._server.connect()
        self._connection = connection
        try:
            await self._check(connection)
            if await self._is_locked(connection):
                return
            holder = await connection.fetchrow(_HOLDER, self._server.schema)
        except BaseException:
            connection.terminate()
            raise
        connection.terminate()
        who = "" if holder is None else f" from {holder['address']} (backend {holder['pid']})"
        raise errors.GatewayRunning(
            f"{self._server.place}: another gateway is connected{who} and uses the schema "
            f"{self._server.schema}. Stop it first, or set another SAYSO_DATABASE_SCHEMA."
        )

    async def close(self) -> None:
        """Give the lock up."""
        if self._connection is not None:
            with contextlib.suppress(Exception):  # whatever is wrong, it is over
                await self._connection.close(timeout=CLOSE_TIMEOUT_S)

    async def _check(self, connection: Any) -> None:
        version = connection.get_server_version()
        if version.major < MAJOR_MIN:
            raise errors.StoreUnavailable(
                f"{self._server.place}: it is PostgreSQL {version.major}, and Sayso needs "
                f"{MAJOR_MIN} or newer."
            )
        encoding = await connection.fetchval("SHOW server_encoding")
        if encoding != "UTF8":
            raise errors.StoreUnavailable(
                f"{self._server.place}: its encoding is {encoding}. Create a database with "
                "ENCODING 'UTF8'."
            )

    async def _is_locked(self, connection: Any) -> bool:
        for _ in range(int(WAIT_S / PAUSE_S)):
            if await connection.fetchval(_LOCK, self._server.schema):
                return True
            await asyncio.sleep(PAUSE_S)
        return False
