"""The stores the contract is checked on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from approvals.operations.ports import Store
from approvals.storage.sql_store import SqlStore
from tests.storage.given import opened


@pytest.fixture(params=["sqlite"])
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Each store there is, empty."""
    async with opened(tmp_path / "sayso.db") as sqlite:
        yield sqlite


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SqlStore]:
    """The SQLite store, for what only it promises; its file is `tmp_path / "sayso.db"`."""
    async with opened(tmp_path / "sayso.db") as opened_store:
        yield opened_store
