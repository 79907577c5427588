"""Many runs at once: a bounded number under way, every channel served, nothing lost."""

import asyncio
import itertools
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from approvals.domain.ids import ChannelId
from approvals.domain.jobs import Job, JobKind
from approvals.domain.run import RunStatus
from approvals.domain.run_lifecycle import resume_job
from bot.agents.waiting_line import WaitingLine
from tests.agents.builders import an_agent
from tests.agents.fake_model import Answer, Body, fake_model, results_in
from tests.agents.running import ALLOWED, running_agents

BUSY, QUIET = ChannelId("C0BUSY"), ChannelId("C0QUIET")
AT = datetime(2026, 1, 5, tzinfo=UTC)


async def restart_service(service: str) -> str:
    """Restart a service."""
    return f"{service} restarted"


def a_job(subject: str, attempt: int = 1) -> Job:
    return Job(kind=JobKind.RESUME, subject=subject, run_at=AT, attempt=attempt)


def test_a_quiet_channel_does_not_wait_for_a_busy_one() -> None:
    line = WaitingLine()
    for number in range(10):
        line.put(BUSY, a_job(f"busy{number}"))
    line.put(QUIET, a_job("quiet"))

    first, second, third = (line.take([]) for _ in range(3))

    assert [each and each[1].subject for each in (first, second, third)] == [
        "busy0",
        "quiet",
        "busy1",
    ]


def test_the_channel_with_the_fewest_runs_under_way_is_next() -> None:
    line = WaitingLine()
    line.put(BUSY, a_job("busy"))
    line.put(QUIET, a_job("quiet"))

    assert line.take([BUSY, BUSY, QUIET]) == (QUIET, a_job("quiet"))
    assert line.take([BUSY, BUSY, QUIET]) == (BUSY, a_job("busy"))
    assert line.take([]) is None
    assert len(line) == 0


def test_the_latest_claim_of_a_job_keeps_its_place() -> None:
    line = WaitingLine()
    line.put(BUSY, a_job("first", attempt=1))
    line.put(BUSY, a_job("second"))
    line.put(BUSY, a_job("first", attempt=2))

    assert line.take([]) == (BUSY, a_job("first", attempt=2))
    assert len(line) == 1


async def test_twenty_runs_work_at_once_and_the_loop_answers_meanwhile(tmp_path: Path) -> None:
    at_once = asyncio.Barrier(20)

    async def look() -> str:
        """Look."""
        await at_once.wait()
        return "seen"

    begun, may_end = threading.Event(), threading.Event()

    def spin() -> str:
        """Keep a thread busy until the loop lets it end."""
        begun.set()
        return "spun" if may_end.wait(30) else "stuck"

    async with (
        fake_model(lambda b: " ".join(results_in(b)) or [("look", {}), ("spin", {})]) as model,
        running_agents(tmp_path, an_agent(model, [look, spin]), policy=ALLOWED) as agents,
    ):
        runs = [await agents.started(f"task {number}") for number in range(20)]
        while not begun.is_set():
            await asyncio.sleep(0.01)
        may_end.set()
        ended = [await agents.ended(run) for run in runs]

    assert {(run.status, run.answer) for run in ended} == {(RunStatus.SUCCEEDED, "seen spun")}


async def test_no_more_than_the_set_number_work_at_once(tmp_path: Path) -> None:
    under_way = most = 0
    full = asyncio.Event()

    async def look() -> str:
        """Look, once as many look as may."""
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if under_way == 3:
            full.set()
        await full.wait()
        await asyncio.sleep(0.02)
        under_way -= 1
        return "seen"

    def answer(body: Body) -> Answer:
        return "done" if results_in(body) else [("look", {})]

    async with (
        fake_model(answer) as model,
        running_agents(tmp_path, an_agent(model, [look]), policy=ALLOWED, runs_max=3) as agents,
    ):
        runs = [await agents.started() for _ in range(9)]
        ended = [await agents.ended(run) for run in runs]

    assert most == 3
    assert {run.status for run in ended} == {RunStatus.SUCCEEDED}


async def test_a_stop_lets_a_body_under_way_end_and_the_run_goes_on_at_the_next_start(
    tmp_path: Path,
) -> None:
    begun, turns = asyncio.Event(), 0

    async def look() -> str:
        """Look."""
        begun.set()
        await asyncio.sleep(0.2)
        return "seen"

    def answer(body: Body) -> Answer:
        nonlocal turns
        turns += 1
        return "done" if results_in(body) else [("look", {})]

    async with fake_model(answer) as model:
        spec = an_agent(model, [look])
        async with running_agents(tmp_path, spec, policy=ALLOWED) as agents:
            run = await agents.started()
            await begun.wait()
            await agents.stop()
            stopped = await agents.read(run.id)
        async with running_agents(tmp_path, spec, policy=ALLOWED, owner="gateway-2") as agents:
            ended = await agents.ended(run)

    assert stopped.status is RunStatus.RUNNING
    assert turns == 2
    assert ended.answer == "done"


async def test_a_run_whose_row_is_damaged_keeps_no_other_from_going_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    numbers = itertools.count()

    def answer(body: Body) -> Answer:
        results = results_in(body)
        call = ("restart_service", {"service": f"web-{next(numbers)}"})
        return " | ".join(results) if results else [call]

    async with (
        fake_model(answer) as model,
        running_agents(tmp_path, an_agent(model, [restart_service])) as agents,
    ):
        bad, good = await agents.started("first"), await agents.started("second")
        for run in (bad, good):
            await agents.paused(run)
        with closing(sqlite3.connect(tmp_path / "sayso.db")) as rows, rows:
            rows.execute("UPDATE run SET cause = '?' WHERE id = ?", [bad.id])
        now = agents.gateway.desk.clock.now()
        await agents.gateway.store.write(lambda tx: tx.enqueue(resume_job(bad, now)))
        (request,) = await agents.open_requests(good)
        await agents.gateway.clicks(request.id)

        ended = await agents.ended(good)

        assert ended.answer is not None
        assert ended.answer.endswith("restarted")
        assert agents.loops.dead == ()
    assert bad.id in caplog.text
