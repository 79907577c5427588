"""Which database the gateway keeps everything in: PostgreSQL where one is set, else a file.

Called by the composition root. PostgreSQL's store is imported only here and only when it is set,
because it needs a driver that not everybody installs.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from approvals.domain.errors import StoreUnavailable
from approvals.operations.ports import Clock, Ids, Store
from approvals.storage.data_directory import DataDirectory
from bot.settings import Settings

SOURCE = "/gateway"


@asynccontextmanager
async def opened_store(
    settings: Settings, held: DataDirectory, *, clock: Clock, ids: Ids
) -> AsyncIterator[Store]:
    """Open the store *settings* name until the block ends.

    Raises:
        GatewayRunning: another gateway uses the PostgreSQL schema.
        StoreUnavailable: the database cannot be used; the message says what to do.
    """
    if settings.database_url is None:
        from approvals.storage.sql_store import SqlStore

        async with SqlStore.open(held.database, clock=clock, ids=ids, source=SOURCE) as file:
            yield file
        return
    with driver_needed():
        from approvals.storage.postgres.server import Server
        from approvals.storage.postgres.store import PostgresStore
    server = Server(url=settings.database_url.get_secret_value(), schema=settings.database_schema)
    async with PostgresStore.open(server, clock=clock, ids=ids, source=SOURCE) as store:
        yield store


@contextmanager
def driver_needed() -> Iterator[None]:
    """Import PostgreSQL's driver in the block.

    Raises:
        StoreUnavailable: it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as missing:
        if missing.name != "asyncpg":
            raise
        raise StoreUnavailable(
            "SAYSO_DATABASE_URL is set, and asyncpg is not installed: pip install 'sayso[postgres]'"
        ) from missing
