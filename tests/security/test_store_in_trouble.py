"""A disk that is full, a database somebody holds, while a person clicks: the whole gateway."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Protocol

import pytest

from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.errors import StoreFull
from approvals.operations.ports import Transaction
from approvals.storage.executor import SqliteExecutor
from approvals.storage.sql_transaction import SqlTransaction
from tests.security.whole_gateway import BOB, WholeGateway, a_whole_gateway, eventually
from tests.state_machine.log import Log

UNLIMITED = 1_000_000


class Trouble(Protocol):
    def __call__(self, whole: WholeGateway, /) -> AbstractAsyncContextManager[None]: ...


def limit_pages(pages: int | None) -> Callable[[Transaction], None]:
    """Let the database have *pages* pages, or as many as it has now."""

    def unit(tx: Transaction) -> None:
        assert isinstance(tx, SqlTransaction)
        assert isinstance(tx.executor, SqliteExecutor)
        connection = tx.executor.connection
        count = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages or count}")

    return unit


@asynccontextmanager
async def full_disk(whole: WholeGateway) -> AsyncIterator[None]:
    """Let the database grow no more, and use up what room is left inside it."""
    store, at = whole.running.desk.store, whole.running.desk.clock.now()
    event = AuditEvent(name=AuditName.POLICY_LOADED, subject="", at=at, data={})
    await store.write(limit_pages(None))
    with suppress(StoreFull):
        while True:
            await store.write(lambda tx: tx.record(event))
    yield
    await store.write(limit_pages(UNLIMITED))


@asynccontextmanager
async def held_by_another(whole: WholeGateway) -> AsyncIterator[None]:
    """Hold the database's write lock from a connection of another program."""
    other = sqlite3.connect(whole.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@pytest.mark.parametrize("trouble", [full_disk, held_by_another])
async def test_a_click_that_cannot_be_stored_is_told_so_and_the_gateway_recovers_by_itself(
    tmp_path: Path, trouble: Trouble
) -> None:
    ran = []
    async with a_whole_gateway(tmp_path) as whole:

        @whole.gate.guard
        async def restart(service: str, note: str) -> None:
            ran.append(service)

        calling = asyncio.create_task(restart("checkout", "x" * 2_000))
        card = await whole.card()
        assert await whole.is_ready()

        async with trouble(whole):
            assert await whole.press(BOB, card)
            await eventually(lambda: any("not saved" in each for each in whole.told(BOB)))
            status, wrong = await whole.readiness()
            stored = Log.read(whole.database)

        assert (status, list(wrong)) == (503, ["store"])
        assert "recovers by itself" in wrong["store"]
        assert [row["status"] for row in stored.requests.values()] == ["pending"]
        assert "decision.recorded" not in {entry.name for entry in stored.events}
        assert ran == []

        async with asyncio.timeout(10):
            while not await whole.is_ready():
                await asyncio.sleep(0.1)
        assert await whole.press(BOB, card)
        await calling
        assert ran == ["checkout"]
