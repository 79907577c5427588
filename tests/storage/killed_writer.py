"""A process for `test_crashes`: decides without end and prints what it was told is stored.

Run as `python -m tests.storage.killed_writer FILE`, or with a PostgreSQL's URL and a schema, and
killed from outside.
"""

import asyncio
import sys
from pathlib import Path

from approvals.domain.approval_request import Cause
from approvals.storage.postgres.server import Server
from tests.storage.databases import Database, PostgresDatabase, SqliteDatabase
from tests.storage.given import a_request, end, submit


def database(place: str, schema: str | None = None) -> Database:
    if schema is None:
        return SqliteDatabase(Path(place))
    return PostgresDatabase(Server(url=place, schema=schema))


async def decide_without_end(kept: Database) -> None:
    async with kept.opened() as store:

        async def caller() -> None:
            while True:
                request = await store.write(submit(a_request()))
                await store.write(end(request.id, Cause.PEOPLE))
                print(request.id, flush=True)

        await asyncio.gather(*(caller() for _ in range(8)))


if __name__ == "__main__":
    asyncio.run(decide_without_end(database(*sys.argv[1:])))
