"""Units that run side by side never wait for each other in a circle, and one replies at a time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import replace
from time import monotonic

import pytest

from approvals.domain.approval_request import Status
from approvals.domain.ids import RequestId
from approvals.domain.jobs import Job, JobKind
from approvals.domain.jobs_after import card_job
from approvals.domain.run import Run, RunCause, RunNote, RunStatus
from approvals.domain.run_lifecycle import resume_job, run_job
from approvals.gate.exceptions import CallPaused
from approvals.operations.cancel_run import cancel_run
from approvals.operations.continue_run import continue_run
from approvals.operations.deliver_outbox import deliver, take_jobs
from approvals.operations.deliver_run import deliver_run
from approvals.operations.end_run import RunEnding, end_run
from approvals.operations.note_progress import Progress, note_progress
from approvals.operations.pause_run import pause_run
from approvals.operations.ports import Transaction
from approvals.operations.resume_run import resume_run
from approvals.storage.postgres.server import Server
from tests.engine.gateway_in_test import GatewayInTest, a_gateway
from tests.engine.lock_order import OutOfOrder
from tests.engine.runs_in_test import RunsInTest, a_task
from tests.fakes.people import ALICE, TEAM

DEADLOCK_S = 20
"""Whatever ran into a deadlock took at least this long, however busy the machine is."""
ROUNDS = 12
DONE = RunEnding(cause=RunCause.ANSWERED, answer="done")


def slow_to_notice(server: Server) -> Server:
    """Return the server with a deadlock_timeout nothing else takes as long as."""
    join = "&" if "?" in server.url else "?"
    return replace(server, url=f"{server.url}{join}deadlock_timeout={DEADLOCK_S}s")


class Stopwatch:
    """Does things and remembers how long the slowest took."""

    def __init__(self) -> None:
        self.slowest_s = 0.0

    async def times(self, doing: Awaitable[object]) -> None:
        began = monotonic()
        await doing
        self.slowest_s = max(self.slowest_s, monotonic() - began)


async def a_paused_run(gateway: GatewayInTest) -> tuple[RunsInTest, Run, list[RequestId]]:
    """Start a run that waits for four answers."""
    runs = RunsInTest(gateway)
    run = await runs.started()
    while await runs.taken() is None:  # what an earlier run of the test left
        continue
    paused = [await runs.calls(run, call_id=f"c{number}") for number in range(4)]
    asked = [each.request_id for each in paused if isinstance(each, CallPaused)]
    await pause_run(gateway.desk, run.id, asked)
    await runs.delivered()
    return runs, run, asked


async def done(runs: RunsInTest, job: Job) -> None:
    """Do what the outbox and the task runner do with a job."""
    desk = runs.gateway.desk
    if job.kind is JobKind.RUN:
        await deliver_run(desk, runs.threads, job)
    elif job.kind is JobKind.RESUME:
        await resume_run(desk, job)
    else:
        await deliver(desk, runs.gateway.messenger, job)


async def all_done(runs: RunsInTest) -> None:
    """Do what is due, twice: the second time there is what came of the first."""
    for _ in range(2):
        for job in await take_jobs(runs.gateway.desk):
            await done(runs, job)


async def test_cards_and_the_thread_of_a_run_are_delivered_side_by_side(postgres: Server) -> None:
    async with a_gateway(slow_to_notice(postgres)) as gateway:
        runs, run, asked = await a_paused_run(gateway)
        watch = Stopwatch()

        def again(tx: Transaction) -> None:
            tx.enqueue(run_job(run, gateway.clock.now()))
            for request_id in asked:
                request = tx.request(request_id)
                assert request is not None
                tx.enqueue(card_job(request, gateway.clock.now()))

        for _ in range(ROUNDS):
            await gateway.store.write(again)
            jobs = await take_jobs(gateway.desk)
            await asyncio.gather(*(watch.times(done(runs, job)) for job in jobs))

    assert watch.slowest_s < DEADLOCK_S


async def test_a_run_is_cancelled_while_people_click_and_cards_go_out(postgres: Server) -> None:
    async with a_gateway(slow_to_notice(postgres)) as gateway:
        watch = Stopwatch()
        statuses = set()
        for _ in range(ROUNDS // 3):
            runs, run, asked = await a_paused_run(gateway)
            cancels = cancel_run(gateway.desk, run.id, person=ALICE, team=TEAM)

            await asyncio.gather(
                *(watch.times(gateway.clicks(request_id)) for request_id in asked),
                watch.times(cancels),
                *(watch.times(all_done(runs)) for _ in range(2)),
            )

            statuses.add((await runs.read(run.id)).status)
            for request_id in asked:
                request = await gateway.store.request(request_id)
                assert request is not None
                assert request.status in (Status.APPROVED, Status.CANCELLED)

    assert (watch.slowest_s < DEADLOCK_S, statuses) == (True, {RunStatus.CANCELLED})


async def test_a_run_moves_pauses_and_resumes_while_its_thread_is_told(postgres: Server) -> None:
    async with a_gateway(slow_to_notice(postgres)) as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        assert await runs.taken()
        watch = Stopwatch()
        for steps in range(ROUNDS):
            await gateway.store.write(lambda tx: tx.enqueue(resume_job(run, gateway.clock.now())))
            jobs = await take_jobs(gateway.desk)

            await asyncio.gather(
                watch.times(note_progress(gateway.desk, run.id, Progress(steps=steps, tokens=1))),
                watch.times(pause_run(gateway.desk, run.id, [])),
                *(watch.times(done(runs, job)) for job in jobs),
            )

            await runs.delivered()
            while runs.resumable:
                await runs.taken()
            assert (await runs.read(run.id)).status is RunStatus.RUNNING

    assert watch.slowest_s < DEADLOCK_S


async def test_two_replies_at_once_start_one_run_and_keep_the_other_words(
    postgres: Server,
) -> None:
    async with a_gateway(postgres) as gateway:
        runs = RunsInTest(gateway)
        first = await runs.started()
        assert await runs.taken()
        await end_run(gateway.desk, first.id, DONE)
        second = await continue_run(gateway.desk, first.id, a_task("and the other one"))
        assert isinstance(second, Run)
        await runs.delivered()
        while await runs.taken() is None:
            continue
        await end_run(gateway.desk, second.id, DONE)
        # Whoever replies waits for these rows, so that both go on at the same moment.
        async with held(postgres, "SELECT FROM run FOR UPDATE"):
            replies = [
                asyncio.create_task(continue_run(gateway.desk, run.id, a_task("again")))
                for run in (first, second)
            ]
            await asyncio.sleep(0.1)

        got = await asyncio.gather(*replies)

    assert sorted(type(each).__name__ for each in got) == [Run.__name__, RunNote.__name__]


@asynccontextmanager
async def held(server: Server, sql: str) -> AsyncIterator[None]:
    """Keep what *sql* locks from everybody else."""
    connection = await server.connect()
    try:
        async with connection.transaction():
            await connection.execute(sql)
            yield
    finally:
        await connection.close()


async def test_a_unit_that_locks_a_run_after_its_request_is_stopped() -> None:
    async with a_gateway() as gateway:
        _, run, (asked, *_) = await a_paused_run(gateway)

        def backwards(tx: Transaction) -> None:
            tx.request(asked)
            tx.run(run.id)

        with pytest.raises(OutOfOrder, match=f"run {run.id} is locked after approval_request"):
            await gateway.desk.store.write(backwards)
