"""Where agents' conversations are kept between turns: LangGraph's savers, opened once.

SQLite keeps them in a file of their own beside the rows' (never the same one), PostgreSQL in a
schema of their own. Losing one loses progress, never a decision. Of each conversation the latest
is kept, which is all that going on needs. LangGraph is imported here in a thread, because that
takes seconds.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from bot.agents.errors import CheckpointsUnavailable

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver

FILE_NAME = "checkpoints.db"
_BUSY_TIMEOUT_S = 5.0
_CONNECTIONS_MAX = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresPlace:
    """A schema of a PostgreSQL database that holds checkpoints and nothing else."""

    url: SecretStr
    schema: str


Place = Path | PostgresPlace
"""A file, or a schema."""


@asynccontextmanager
async def open_checkpoints(place: Place) -> "AsyncIterator[BaseCheckpointSaver[Any]]":
    """Open the saver of *place* until the block ends; what is missing is made.

    Raises:
        CheckpointsUnavailable: it cannot be opened; the message says why.
    """
    opened = _open_file(place) if isinstance(place, Path) else _open_schema(place)
    async with opened as saver:
        yield saver


def can_wait(fault: BaseException) -> bool:
    """Whether *fault* is one of a database that may work again: full, locked, gone."""
    if isinstance(fault, CheckpointsUnavailable):
        return True
    return any(
        (each.__module__.partition(".")[0], each.__name__)
        in {("sqlite3", "OperationalError"), ("psycopg", "OperationalError")}
        or each.__name__ == "PoolTimeout"
        for each in type(fault).__mro__
    )


@asynccontextmanager
async def _open_file(path: Path) -> "AsyncIterator[BaseCheckpointSaver[Any]]":
    saver_class, serializer = await asyncio.to_thread(_sqlite_parts)
    import aiosqlite

    try:
        # Made before SQLite does, so that nobody else may ever read it.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = await aiosqlite.connect(path, timeout=_BUSY_TIMEOUT_S)
    except (OSError, aiosqlite.Error) as fault:
        raise CheckpointsUnavailable(f"{path} cannot be opened: {fault}") from fault
    try:
        await connection.execute("PRAGMA synchronous=FULL")
        saver = saver_class(connection, serde=serializer)
        await saver.setup()
        yield saver
    finally:
        await connection.close()


def _sqlite_parts() -> tuple[Any, Any]:
    from bot.agents.sparing_saver import SparingSqlite
    from bot.agents.strict_state import StrictState

    return SparingSqlite, StrictState()


@asynccontextmanager
async def _open_schema(place: PostgresPlace) -> "AsyncIterator[BaseCheckpointSaver[Any]]":
    saver_class, serializer = await asyncio.to_thread(_postgres_parts)
    import psycopg
    from psycopg.rows import dict_row
    from psycopg.sql import SQL, Identifier
    from psycopg_pool import AsyncConnectionPool

    url = place.url.get_secret_value()
    try:
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            name = Identifier(place.schema)
            await connection.execute(SQL("CREATE SCHEMA IF NOT EXISTS {}").format(name))
    except psycopg.Error as fault:
        raise CheckpointsUnavailable(f"Schema {place.schema}: {fault}") from fault
    pool: Any = AsyncConnectionPool(
        url,
        open=False,
        max_size=_CONNECTIONS_MAX,
        kwargs={
            "autocommit": True,
            "prepare_threshold": 0,
            "row_factory": dict_row,
            "options": f"-c search_path={place.schema}",
        },
    )
    async with pool:
        saver = saver_class(conn=pool, serde=serializer)
        await saver.setup()
        yield saver


def _postgres_parts() -> tuple[Any, Any]:
    try:
        from bot.agents.sparing_postgres import SparingPostgres
    except ModuleNotFoundError as missing:
        raise CheckpointsUnavailable(
            "SAYSO_DATABASE_URL is set, and LangGraph's PostgreSQL saver is not installed: "
            "pip install 'sayso[postgres]'"
        ) from missing
    from bot.agents.strict_state import StrictState

    return SparingPostgres, StrictState()
