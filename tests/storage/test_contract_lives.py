"""What every store promises over its life: opening, closing, callers that leave, the next start."""

import asyncio

import pytest

from approvals.domain import errors
from approvals.operations.ports import Store, Transaction
from tests.storage.databases import Database
from tests.storage.given import CLOCK, a_request, submit


async def test_what_was_stored_is_there_at_the_next_start(database: Database) -> None:
    request = a_request()
    async with database.opened() as store:
        await store.write(submit(request))

    async with database.opened() as again:
        assert await again.request(request.id) == request


async def test_closing_the_store_commits_what_is_under_way(database: Database) -> None:
    request = a_request()
    async with database.opened() as store:
        write = asyncio.ensure_future(store.write(submit(request)))
        await asyncio.sleep(0)
    with pytest.raises(errors.StoreUnavailable, match="closed"):
        await store.write(submit(a_request()))

    assert await write == request
    async with database.opened() as again:
        assert await again.request(request.id) == request


async def test_jobs_of_a_gateway_that_died_are_due_at_once_at_the_next_start(
    database: Database,
) -> None:
    now = CLOCK.now()
    async with database.opened() as store:
        await store.write(submit(a_request()))
        await store.write(lambda tx: list(tx.due_jobs(now, owner="dead", limit=1)))

    async with database.opened() as store:
        claimed = await store.write(lambda tx: list(tx.due_jobs(now, owner="new", limit=1)))

    assert [(job.owner, job.attempt) for job in claimed] == [("new", 2)]


async def test_a_caller_that_goes_away_takes_nobody_with_it(store: Store) -> None:
    gone, staying = a_request(), a_request()
    leaving = asyncio.ensure_future(store.write(submit(gone)))
    waiting = asyncio.ensure_future(store.write(submit(staying)))
    await asyncio.sleep(0)

    leaving.cancel()

    assert await waiting == staying
    assert await store.request(staying.id) == staying
    assert await store.health() is None


async def test_a_caller_that_goes_away_leaves_all_of_its_unit_or_nothing(
    store: Store, database: Database
) -> None:
    requests = [a_request() for _ in range(12)]
    writes = [asyncio.ensure_future(store.write(submit(request))) for request in requests]
    for number, write in enumerate(writes):
        if number % 2:
            await asyncio.sleep(0.002)
            write.cancel()

    await asyncio.gather(*writes, return_exceptions=True)
    await store.write(lambda tx: tx.set_fact("a", "b"))

    report = await database.verified()
    stored = [await store.request(request.id) is not None for request in requests]
    assert report.is_intact
    assert report.head.seq == sum(stored)
    assert all(stored[::2])


async def test_a_store_is_healthy_after_a_unit_that_only_spoiled_itself(store: Store) -> None:
    def spoiled(tx: Transaction) -> None:
        request = a_request()
        tx.add_request(request)
        tx.add_request(request)

    with pytest.raises(errors.StoreUnavailable):
        await store.write(spoiled)

    assert store.is_writable
    assert await store.health() is None
