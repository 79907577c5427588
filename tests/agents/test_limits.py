"""Every limit of a run ends it with a sentence that names the limit, or answers `not run` (X8)."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from approvals.domain.permit import PermitState, Settlement
from approvals.domain.run import Run, RunCause, RunStatus
from approvals.gate import idempotency_key
from bot.agents.spec import TaskLimits
from tests.agents.builders import an_agent
from tests.agents.fake_model import Answer, Body, fake_model, results_in
from tests.agents.running import ALLOWED, one_run, running_agents
from tests.fakes.clock import FakeClock


def stopped_by(run: Run, limit: str) -> bool:
    return (
        (run.status, run.cause) == (RunStatus.FAILED, RunCause.LIMIT)
        and run.reason is not None
        and limit in run.reason
    )


async def test_x8_a_model_that_repeats_a_failing_call_is_stopped(tmp_path: Path) -> None:
    ran: list[str] = []

    async def restart(service: str) -> str:
        """Restart."""
        ran.append(service)
        raise RuntimeError("no")

    async with fake_model(lambda _: [("restart", {"service": "checkout"})]) as model:
        run, _ = await one_run(tmp_path, an_agent(model, [restart]))

    assert ran == ["checkout", "checkout"]
    assert stopped_by(run, "repeated a call of restart that had failed each time")


async def test_x8_a_model_that_never_answers_is_stopped_after_its_turns(tmp_path: Path) -> None:
    turns = 0

    async def look(at: int) -> str:
        """Look."""
        return "nothing"

    def answer(_: Body) -> Answer:
        nonlocal turns
        turns += 1
        return [("look", {"at": turns})]

    limits = TaskLimits(model_turns_max=4)
    async with fake_model(answer) as model:
        run, _ = await one_run(tmp_path, an_agent(model, [look], limits=limits))

    assert turns == 4
    assert stopped_by(run, "more than 4 turns")
    assert run.steps == 8


async def test_x8_a_turn_with_too_many_calls_runs_no_more_than_the_limit(tmp_path: Path) -> None:
    ran: list[int] = []

    async def look(at: int) -> str:
        """Look."""
        ran.append(at)
        return "nothing"

    limits = TaskLimits(tool_calls_max=10)
    async with fake_model(lambda _: [("look", {"at": n}) for n in range(30)]) as model:
        run, _ = await one_run(tmp_path, an_agent(model, [look], limits=limits))

    assert sorted(ran) == list(range(10))
    assert stopped_by(run, "more than 10 tool calls")


async def test_x8_a_run_that_uses_too_many_tokens_is_stopped(tmp_path: Path) -> None:
    async def look() -> str:
        """Look."""
        return "nothing"

    limits = TaskLimits(tokens_max=250)
    async with fake_model(lambda _: [("look", {})]) as model:
        run, _ = await one_run(tmp_path, an_agent(model, [look], limits=limits))

    assert stopped_by(run, "more than 250 tokens")
    assert run.tokens > 250


async def test_x8_a_run_that_costs_too_much_is_stopped(tmp_path: Path) -> None:
    async def look() -> str:
        """Look."""
        return "nothing"

    limits = TaskLimits(usd_max=0.5)
    async with fake_model(lambda _: [("look", {})], usd_per_million_in=2_000.0) as model:
        run, _ = await one_run(tmp_path, an_agent(model, [look], limits=limits))

    assert stopped_by(run, "cost more than 0.5 USD")
    assert 300 <= run.tokens < 400


async def test_x8_questions_beyond_the_limit_are_answered_not_run(tmp_path: Path) -> None:
    ran: list[int] = []

    async def restart(at: int) -> str:
        """Restart."""
        ran.append(at)
        return f"{at} restarted"

    def answer(body: Body) -> Answer:
        return " | ".join(results_in(body)) or [("restart", {"at": n}) for n in range(4)]

    limits = TaskLimits(pending_max=2)
    async with (
        fake_model(answer) as model,
        running_agents(tmp_path, an_agent(model, [restart], limits=limits)) as agents,
    ):
        run = await agents.started()
        for request in await agents.paused(run, asking=2):
            await agents.gateway.clicks(request.id)
        ended = await agents.ended(run)

    assert len(ran) == 2
    assert ended.answer is not None
    assert ended.answer.count("asks too much at once") == 2
    assert ended.answer.count("restarted") == 2


async def test_x8_time_spent_running_is_limited_and_time_spent_waiting_is_not(
    tmp_path: Path,
) -> None:
    clock = FakeClock()

    async def restart() -> str:
        """Restart."""
        clock.advance(timedelta(minutes=40))
        return "restarted"

    limits = TaskLimits(active_max=timedelta(hours=1))
    async with fake_model(lambda _: [("restart", {})]) as model:
        spec = an_agent(model, [restart], limits=limits)
        async with running_agents(tmp_path, spec, clock=clock) as agents:
            run = await agents.started()
            await agents.paused(run)
            clock.advance(timedelta(minutes=4))
            await agents.answered(run)
            first = await agents.paused(run)
            await agents.gateway.clicks(first[0].id)
            ended = await agents.ended(run)

    assert stopped_by(ended, "worked for more than 1h.")
    assert ended.active == timedelta(minutes=80)


@pytest_asyncio.fixture
async def warm(tmp_path: Path) -> None:
    """Have everything loaded that a first task of a process has to load, within its time."""
    (tmp_path / "warm").mkdir()
    async with (
        fake_model(lambda _: "done") as model,
        running_agents(tmp_path / "warm", an_agent(model, []), policy=ALLOWED) as agents,
    ):
        await agents.ended(await agents.started())


@pytest.mark.usefixtures("warm")
async def test_x8_a_body_under_way_is_stopped_when_the_time_is_over(tmp_path: Path) -> None:
    left: list[str] = []

    async def hangs() -> str:
        """Hang."""
        try:
            await asyncio.sleep(60)
        finally:
            left.append(idempotency_key() or "")
        return "never"

    limits = TaskLimits(active_max=timedelta(seconds=3))
    async with (
        fake_model(lambda _: [("hangs", {})]) as model,
        running_agents(tmp_path, an_agent(model, [hangs], limits=limits), policy=ALLOWED) as agents,
    ):
        run = await agents.ended(await agents.started())
        (key,) = left
        request = await agents.gateway.store.write(lambda tx: tx.request_by_key(key))
        assert request is not None
        permit = await agents.permit(request.id)

    assert stopped_by(run, "worked for more than 3s.")
    assert (permit.state, permit.settlement) == (PermitState.UNKNOWN, Settlement.GAVE_UP)


async def test_x8_a_restart_forgets_nothing_of_what_was_spent(tmp_path: Path) -> None:
    turns = 0

    async def restart(at: int) -> str:
        """Restart."""
        return "restarted"

    def answer(_: Body) -> Answer:
        nonlocal turns
        turns += 1
        return [("restart", {"at": turns})]

    limits = TaskLimits(model_turns_max=2)
    async with fake_model(answer) as model:
        spec = an_agent(model, [restart], limits=limits)
        async with running_agents(tmp_path, spec) as agents:
            run = await agents.started()
            await agents.paused(run)
        async with running_agents(tmp_path, spec, owner="gateway-2") as agents:
            for request in await agents.open_requests(run):
                await agents.gateway.clicks(request.id)
            await agents.answered(run)
            ended = await agents.ended(run)

    assert turns == 2
    assert stopped_by(ended, "more than 2 turns")


async def test_an_agent_that_is_no_longer_there_ends_its_runs_with_a_sentence(
    tmp_path: Path,
) -> None:
    async with running_agents(tmp_path, [], policy=ALLOWED) as agents:
        run = await agents.ended(await agents.started())

    assert (run.status, run.cause) == (RunStatus.FAILED, RunCause.AGENT)
    assert run.reason == "The agent ops is not configured any more."
