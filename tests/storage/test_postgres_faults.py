"""A wire that breaks, a server that restarts, a row somebody holds: PostgreSQL's store goes on."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from approvals.domain import errors
from approvals.domain.jobs import Job, JobKind
from approvals.operations.ports import Committed
from approvals.storage.postgres.server import Server
from approvals.storage.postgres.store import PostgresStore
from tests.fakes.cut_wire import Cut, CutWire
from tests.storage.databases import PostgresDatabase, beside
from tests.storage.given import CLOCK, IDS, SOURCE, START, a_request, save, submit

LATER = START + timedelta(hours=1)


@pytest.fixture
async def wire(postgres: Server) -> AsyncIterator[CutWire]:
    async with CutWire.laid(postgres.url) as laid:
        yield laid


@pytest.fixture
async def store(wire: CutWire, postgres: Server) -> AsyncIterator[PostgresStore]:
    """A store at the other end of the wire."""
    server = Server(url=wire.url, schema=postgres.schema)
    async with PostgresStore.open(
        server, clock=CLOCK, ids=IDS, source=SOURCE, patience=timedelta(milliseconds=500)
    ) as opened:
        yield opened


@pytest.mark.parametrize("cut", Cut)
async def test_a_unit_whose_commit_was_not_answered_is_stored_once_and_told_so(
    store: PostgresStore, wire: CutWire, postgres: Server, cut: Cut
) -> None:
    request = a_request()
    news: list[Committed] = []
    store.on_commit(news.append)
    wire.cut = cut

    answer = await store.write(submit(request))

    assert not wire.is_waiting
    assert answer == request
    assert await store.request(request.id) == request
    assert (await PostgresDatabase(postgres).verified()).head.seq == 1
    assert len(news) == 1


async def test_what_became_of_a_commit_that_cannot_be_asked_after_is_not_called_unsaved(
    store: PostgresStore, wire: CutWire
) -> None:
    request = a_request()
    wire.cut = Cut.AFTER_COMMIT
    writing = asyncio.ensure_future(store.write(submit(request)))
    while wire.is_waiting:
        await asyncio.sleep(0.001)
    await wire.tear()

    with pytest.raises(errors.StoreUnavailable, match="Look before you repeat it"):
        await writing

    await wire.mend()
    assert await store.request(request.id) == request


async def test_a_database_that_is_away_is_told_by_readiness_until_it_is_back(
    store: PostgresStore, wire: CutWire
) -> None:
    request = a_request()
    await wire.tear()

    with pytest.raises(errors.StoreUnavailable, match="cannot be reached") as told:
        await store.write(submit(request))
    with pytest.raises(errors.StoreUnavailable, match="cannot be reached"):
        await store.next_due_at()
    away = (store.is_writable, await store.health())
    await wire.mend()
    await store.health()

    assert "secret" not in str(told.value)
    assert away[0] is False
    assert away[1] is not None
    assert store.is_writable
    assert await store.health() is None
    assert await store.write(submit(request)) == request


async def test_a_server_that_restarted_is_not_noticed_by_callers(
    store: PostgresStore, wire: CutWire
) -> None:
    await asyncio.gather(*(store.write(submit(a_request())) for _ in range(20)))
    await wire.tear()
    await wire.mend()
    first, *others = [a_request() for _ in range(20)]

    answer = await store.write(submit(first))
    answers = await asyncio.gather(*(store.write(submit(request)) for request in others))

    assert [answer, *answers] == [first, *others]


async def test_a_gateway_that_lost_its_hold_to_another_writes_nothing(
    store: PostgresStore, wire: CutWire, postgres: Server
) -> None:
    await wire.tear()
    async with PostgresDatabase(postgres).opened() as other:
        await wire.mend()

        with pytest.raises(errors.StoreUnavailable, match="Another gateway took this database"):
            await store.write(submit(a_request()))

        assert await other.next_due_at() is None
    await store.write(submit(a_request()))
    assert store.is_writable


async def test_a_second_gateway_is_refused_with_what_to_do(
    store: PostgresStore, postgres: Server
) -> None:
    with pytest.raises(errors.GatewayRunning, match="another SAYSO_DATABASE_SCHEMA"):
        async with PostgresDatabase(postgres).opened():
            pass

    assert await store.health() is None


async def test_a_sweep_passes_over_a_request_that_somebody_holds(
    store: PostgresStore, postgres: Server
) -> None:
    held, free = await store.write(submit(a_request())), await store.write(submit(a_request()))
    async with beside(postgres) as other, other.transaction():
        await other.execute("SELECT 1 FROM approval_request WHERE id = $1 FOR UPDATE", held.id)

        found = await store.write(lambda tx: list(tx.overdue(LATER, limit=9, else_at=LATER)))

    assert found == [free]


async def test_a_worker_passes_over_a_job_that_somebody_holds(
    store: PostgresStore, postgres: Server
) -> None:
    await store.write(save(*(Job(kind=JobKind.CARD, subject=s, run_at=START) for s in ("A", "B"))))
    async with beside(postgres) as other, other.transaction():
        await other.execute("SELECT 1 FROM job WHERE subject = 'A' FOR UPDATE")

        claimed = await store.write(lambda tx: list(tx.due_jobs(LATER, owner="me", limit=9)))

    assert [job.subject for job in claimed] == ["B"]


async def test_a_request_that_somebody_holds_is_waited_for_and_read_as_they_left_it(
    store: PostgresStore, postgres: Server
) -> None:
    request = await store.write(submit(a_request()))
    async with beside(postgres) as other:
        async with other.transaction():
            await other.execute("UPDATE approval_request SET thread_ts = '7.5'")
            reading = asyncio.ensure_future(store.write(lambda tx: tx.request(request.id)))
            done, _ = await asyncio.wait({reading}, timeout=0.05)
            assert not done

        read = await reading

    assert read is not None
    assert read.thread_ts == "7.5"
