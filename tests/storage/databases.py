"""The databases the contract is checked on: each can be opened, opened again, and verified."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from approvals.operations.ports import Store
from approvals.storage.audit_chain import ChainReport, verify_file
from approvals.storage.postgres.audit_chain import verify_database
from approvals.storage.postgres.server import Server
from approvals.storage.postgres.store import PostgresStore
from tests.storage.given import CLOCK, IDS, SOURCE, opened


class Database(Protocol):
    """Where one store keeps what it is given."""

    @property
    def unguard(self) -> tuple[str, ...]:
        """What whoever owns the database says to change the audit log after all."""
        ...

    @property
    def refuse_events(self) -> tuple[str, ...]:
        """What lets the database refuse every new audit event."""
        ...

    @property
    def place(self) -> tuple[str, ...]:
        """What a process of its own is told, to find it."""
        ...

    def opened(self) -> contextlib.AbstractAsyncContextManager[Store]:
        """Open the store, which makes the database if it is not there."""
        ...

    async def verified(self) -> ChainReport:
        """Check the audit log."""
        ...

    async def meddle(self, *statements: str) -> None:
        """Change what is stored as whoever holds the database can."""
        ...


@dataclass(frozen=True)
class SqliteDatabase:
    """One file."""

    path: Path
    unguard = (
        "DROP TRIGGER audit_event_refuses_update",
        "DROP TRIGGER audit_event_refuses_delete",
    )
    refuse_events = (
        (
            "CREATE TRIGGER no_more BEFORE INSERT ON audit_event "
            "BEGIN SELECT RAISE(ABORT, 'log is closed'); END"
        ),
    )

    @property
    def place(self) -> tuple[str, ...]:
        return (str(self.path),)

    def opened(self) -> contextlib.AbstractAsyncContextManager[Store]:
        return opened(self.path)

    async def verified(self) -> ChainReport:
        return verify_file(self.path)

    async def meddle(self, *statements: str) -> None:
        with contextlib.closing(sqlite3.connect(self.path)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()


@dataclass(frozen=True)
class PostgresDatabase:
    """One schema."""

    server: Server
    unguard = ("DROP TRIGGER audit_event_refuses ON audit_event",)
    refuse_events = (
        "ALTER TABLE audit_event ADD CONSTRAINT log_is_closed CHECK (seq < 0) NOT VALID",
    )

    @property
    def place(self) -> tuple[str, ...]:
        return self.server.url, self.server.schema

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[PostgresStore]:
        async with PostgresStore.open(self.server, clock=CLOCK, ids=IDS, source=SOURCE) as store:
            yield store

    async def verified(self) -> ChainReport:
        return await verify_database(self.server)

    async def meddle(self, *statements: str) -> None:
        async with beside(self.server) as connection:
            for statement in statements:
                await connection.execute(statement)


@asynccontextmanager
async def beside(server: Server) -> AsyncIterator[Any]:
    """Open a connection of another program, in the same schema."""
    connection = await server.connect(application_name="beside")
    try:
        yield connection
    finally:
        await connection.close()
