"""Where the database is and how to connect to it.

Everything the store opens comes from here: the pool its units run on, and single connections. The
address goes to the driver as it was given, so that whatever libpq's form allows works (sockets,
several hosts, `sslmode`); it is never printed, because it may hold a password.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from approvals.storage.postgres.column_types import SortedByBytes

CONNECT_TIMEOUT_S = 5
STATEMENT_TIMEOUT_S = 10
POOL_MAX = 10
POOL_TIMEOUT_S = 10

_SESSION = {
    "application_name": "sayso",
    # Whatever the server's default is: a decision is answered when it is on the disk.
    "synchronous_commit": "on",
    "lock_timeout": "5s",
    # A gateway that stands still must not keep the others from the audit log.
    "idle_in_transaction_session_timeout": "30s",
}
_KEEPALIVE = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
"""The server forgets a gateway whose machine has gone after 25 seconds, not after two hours."""
_FILES = frozenset({"sslcert", "sslkey", "sslrootcert", "sslcrl", "passfile"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One database, and the schema in it that is ours."""

    url: str = field(repr=False)
    schema: str

    @property
    def place(self) -> str:
        """What people know the database by; without its password.

        Of an address without a user nothing is told: what stands first in it may be a password.
        """
        address = urlsplit(self.url)
        _, at, hosts = address.netloc.rpartition("@")
        if hosts and not at:
            return "PostgreSQL at SAYSO_DATABASE_URL"
        if not hosts:
            hosts = parse_qs(address.query).get("host", ["on this machine"])[0]
        name = unquote(address.path.lstrip("/"))
        return f"PostgreSQL {hosts}, database {name or 'named as the user'}"

    @property
    def names_files(self) -> bool:
        """Whether the address names certificates or keys."""
        return any(name in _FILES for name in parse_qs(urlsplit(self.url).query))

    def hushed(self, text: str) -> str:
        """Return *text* without what only who wrote the address may know."""
        address = urlsplit(self.url)
        user, at, _ = address.netloc.rpartition("@")
        secrets = [user.partition(":")[2], *parse_qs(address.query).get("password", ())]
        if not at:
            secrets.append(address.netloc)
        for secret in filter(None, secrets):
            text = text.replace(secret, "…").replace(unquote(secret), "…")
        return text

    async def connect(self, **settings: str) -> Any:
        """Open one connection of asyncpg; *settings* are the server's, for this session.

        Raises:
            OSError, TimeoutError, asyncpg.PostgresError, ValueError: it cannot be opened.
        """
        return await asyncpg.connect(
            self.url,
            timeout=CONNECT_TIMEOUT_S,
            command_timeout=STATEMENT_TIMEOUT_S,
            server_settings={
                "search_path": f'"{self.schema}"',
                **_SESSION,
                **_KEEPALIVE,
                **settings,
            },
        )

    def pool(self, **settings: str) -> AsyncEngine:
        """Return the engine that keeps up to ten connections for units and reads."""
        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=lambda: self.connect(**settings),
            pool_size=POOL_MAX,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT_S,
        )
        event.listen(engine.sync_engine, "checkout", _refuse_closed)
        return engine

    def single(self) -> AsyncEngine:
        """Return an engine for making the schema: it keeps nothing, and waits for locks."""
        settings = {"lock_timeout": "60s"}
        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=lambda: self.connect(**settings),
            poolclass=NullPool,
        )
        engine.dialect.type_compiler_instance = SortedByBytes(engine.dialect)
        return engine


def _refuse_closed(adapted: Any, *_: object) -> None:
    """Let the pool forget its connections when one is found closed: the server was restarted."""
    if adapted.driver_connection.is_closed():
        raise InvalidatePoolError
