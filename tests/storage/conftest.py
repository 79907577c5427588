"""The stores the contract is checked on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from approvals.operations.ports import Store
from approvals.storage.sql_store import SqlStore
from tests.storage.databases import Database, PostgresDatabase, SqliteDatabase
from tests.storage.given import opened


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """Each database there is, not yet made."""
    if request.param == "sqlite":
        return SqliteDatabase(tmp_path / "sayso.db")
    return PostgresDatabase(request.getfixturevalue("postgres"))


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    """Each store there is, empty."""
    async with database.opened() as opened_store:
        yield opened_store


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SqlStore]:
    """The SQLite store, for what only it promises; its file is `tmp_path / "sayso.db"`."""
    async with opened(tmp_path / "sayso.db") as opened_store:
        yield opened_store
