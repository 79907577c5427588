"""Disk full, a locked file, a dead writer, a caller that goes away: who is told what."""

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from approvals.domain import errors
from approvals.operations.ports import Transaction
from approvals.storage.audit_chain import verify_file
from approvals.storage.executor import SqliteExecutor
from approvals.storage.sql_store import IN_MEMORY, SqlStore
from approvals.storage.sql_transaction import SqlTransaction
from tests.storage.given import CLOCK, IDS, SOURCE, a_request, held_back, opened, submit

UNLIMITED = 1_000_000


async def limit_pages(store: SqlStore, pages: int | None = None) -> int:
    """Let the file have *pages* pages, or as many as it has now; returns how many it has."""

    def unit(tx: Transaction) -> int:
        assert isinstance(tx, SqlTransaction)
        assert isinstance(tx.executor, SqliteExecutor)
        connection = tx.executor.connection
        count: int = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {count if pages is None else pages}")
        return count

    return await store.write(unit)


async def test_f6_a_full_disk_in_a_group_of_50_stores_exactly_what_callers_were_told(
    sqlite: SqlStore, tmp_path: Path
) -> None:
    requests = [a_request(arguments={"note": "x" * 3_000}) for _ in range(50)]
    await limit_pages(sqlite, await limit_pages(sqlite) + 20)

    async with held_back(sqlite):
        writes = [asyncio.ensure_future(sqlite.write(submit(request))) for request in requests]
    answers = await asyncio.gather(*writes, return_exceptions=True)

    saved = {
        request.id for request, answer in zip(requests, answers, strict=True) if request == answer
    }
    refused = [answer for answer in answers if isinstance(answer, errors.StoreFull)]
    stored = {request.id for request in requests if await sqlite.request(request.id) is not None}
    assert stored == saved
    assert 0 < len(saved) < 50
    assert len(saved) + len(refused) == 50
    assert verify_file(tmp_path / "sayso.db").head.seq == len(saved)


async def test_f6_a_full_disk_is_told_by_readiness_until_there_is_room_again(
    sqlite: SqlStore, tmp_path: Path
) -> None:
    big = a_request(arguments={"note": "x" * 30_000})
    await limit_pages(sqlite)
    healthy = await sqlite.health()
    with pytest.raises(errors.StoreFull):
        await sqlite.write(submit(big))

    trouble = await sqlite.health()
    await limit_pages(sqlite, UNLIMITED)
    await sqlite.write(submit(big))

    assert healthy is None
    assert isinstance(trouble, errors.StoreFull)
    assert await sqlite.health() is None
    assert await sqlite.request(big.id) == big
    assert verify_file(tmp_path / "sayso.db").is_intact


async def test_a_unit_that_swallows_a_fault_is_not_answered_as_saved(sqlite: SqlStore) -> None:
    big, small = a_request(arguments={"note": "x" * 30_000}), a_request()
    await limit_pages(sqlite)

    def swallowing(tx: Transaction) -> None:
        for request in (big, small):
            try:
                tx.add_request(request)
            except sqlite3.Error:
                continue

    with pytest.raises(errors.StoreFull):
        await sqlite.write(swallowing)

    assert await sqlite.request(small.id) is None


async def test_f9_while_another_process_holds_the_lock_callers_hear_busy_then_all_is_well(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sayso.db"
    request, queued = a_request(), a_request()
    async with opened(path, busy_timeout=timedelta(milliseconds=200)) as store:
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        answers = await asyncio.gather(
            store.write(submit(request)), store.write(submit(queued)), return_exceptions=True
        )
        trouble = await store.health()
        readable = await store.next_due_at()
        holder.execute("ROLLBACK")
        holder.close()

        assert [type(answer) for answer in answers] == [errors.StoreBusy, errors.StoreBusy]
        assert isinstance(trouble, errors.StoreBusy)
        assert readable is None
        assert await store.write(submit(request)) == request
        assert await store.health() is None


async def test_a_dead_writer_refuses_every_caller_and_readiness_says_so(sqlite: SqlStore) -> None:
    def deadly(_tx: Transaction) -> NoReturn:
        raise SystemExit

    async with held_back(sqlite):
        writes = [
            asyncio.ensure_future(sqlite.write(unit))
            for unit in (submit(a_request()), deadly, submit(a_request()))
        ]
    present = await asyncio.gather(*writes, return_exceptions=True)
    with pytest.raises(errors.StoreUnavailable, match="writer died"):
        await sqlite.write(submit(a_request()))

    assert {type(answer) for answer in present} == {errors.StoreUnavailable}
    assert await sqlite.next_due_at() is None
    trouble = await sqlite.health()
    assert trouble is not None
    assert "Restart the gateway" in trouble.message


async def test_a_store_in_memory_is_empty_every_time() -> None:
    request = a_request()
    for _ in range(2):
        async with SqlStore.open(IN_MEMORY, clock=CLOCK, ids=IDS, source=SOURCE) as store:
            assert await store.request(request.id) is None
            await store.write(submit(request))
