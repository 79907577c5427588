"""Tools that do not return in time: stopped at their deadline, with a person asked (F17)."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.permit import PermitState, Settlement
from approvals.gate import Gate
from bot.agents.spec import TaskLimits
from tests.agents.builders import an_agent
from tests.agents.fake_model import Answer, Body, fake_model, results_in
from tests.agents.running import ALLOWED, RunningAgents, running_agents

SOON = TaskLimits(tool_timeout=timedelta(seconds=0.1))
LATE = "No result within 0s."


def one_call(body: Body) -> Answer:
    return " | ".join(results_in(body)) or [("restart", {})]


@asynccontextmanager
async def an_agent_with(path: Path, tool: Callable[..., Any]) -> AsyncIterator[RunningAgents]:
    """A gateway with one agent, which calls this one tool as soon as it is given a task."""
    async with (
        fake_model(one_call) as model,
        running_agents(path, an_agent(model, [tool], limits=SOON), policy=ALLOWED) as agents,
    ):
        yield agents


async def asked_about(agents: RunningAgents) -> None:
    """Start the task of one call, which is not known to have ended, and say that it happened."""
    run = await agents.started()
    request = await agents.interrupted(run)
    permit = await agents.permit(request.id)
    assert permit.result is not None
    assert permit.result.startswith(LATE)
    assert "restart was interrupted" in agents.steps(run)[-1]
    await agents.settled(request.id, Settlement.HAPPENED)
    ended = await agents.ended(run)
    assert "A person looked: it did happen." in (ended.answer or "")


async def test_f17_f2_of_a_call_stopped_at_its_deadline_a_person_says_what_became_of_it(
    tmp_path: Path,
) -> None:
    left: list[str] = []

    async def restart() -> str:
        """Restart."""
        try:
            await asyncio.Event().wait()
        finally:
            left.append("stopped")
        return "never"

    async with (
        fake_model(one_call) as model,
        running_agents(tmp_path, an_agent(model, [restart], limits=SOON), policy=ALLOWED) as agents,
    ):
        await asked_about(agents)

    assert left == ["stopped"]


async def test_f17_a_call_that_answers_its_stopping_with_an_error_is_asked_about_too(
    tmp_path: Path,
) -> None:
    async def restart() -> str:
        """Restart."""
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise RuntimeError("connection reset") from None
        return "never"

    async with (
        fake_model(one_call) as model,
        running_agents(tmp_path, an_agent(model, [restart], limits=SOON), policy=ALLOWED) as agents,
    ):
        await asked_about(agents)


async def test_f17_a_call_that_ends_when_it_is_told_to_stop_is_taken_at_its_word(
    tmp_path: Path,
) -> None:
    async def restart() -> str:
        """Restart."""
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "half of them restarted"
        return "never"

    async with (
        fake_model(one_call) as model,
        running_agents(tmp_path, an_agent(model, [restart], limits=SOON), policy=ALLOWED) as agents,
    ):
        run = await agents.ended(await agents.started())

    assert run.answer == "half of them restarted"


async def test_f17_a_thread_that_returns_after_its_deadline_answers_for_itself(
    tmp_path: Path,
) -> None:
    may_return = threading.Event()

    def restart() -> str:
        """Restart."""
        may_return.wait(60)
        return "late, but restarted"

    async with (
        fake_model(one_call) as model,
        running_agents(tmp_path, an_agent(model, [restart], limits=SOON), policy=ALLOWED) as agents,
    ):
        run = await agents.started()
        request = await agents.interrupted(run)
        may_return.set()
        ended = await agents.ended(run)
        permit = await agents.permit(request.id)

    assert permit.state is PermitState.SUCCEEDED
    assert "late, but restarted" in (ended.answer or "")


async def test_f17_what_a_person_said_stands_when_a_thread_returns_after_that(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def is_refused() -> bool:
        return "A permit that is unknown cannot succeed." in caplog.text

    may_return = threading.Event()

    def restart() -> str:
        """Restart."""
        may_return.wait(60)
        return "late, but restarted"

    async with (
        fake_model(one_call) as model,
        running_agents(tmp_path, an_agent(model, [restart], limits=SOON), policy=ALLOWED) as agents,
    ):
        run = await agents.started()
        request = await agents.interrupted(run)
        await agents.settled(request.id, Settlement.GAVE_UP)
        ended = await agents.ended(run)
        may_return.set()
        await agents.until(is_refused)
        permit = await agents.permit(request.id)

    assert permit.state is PermitState.UNKNOWN
    assert "It may or may not have happened." in (ended.answer or "")


@pytest.mark.parametrize(
    ("name", "declared"),
    [("restart", {"idempotent": ["restart"]}), ("read_it", {"reads": ["read_it"]})],
    ids=["idempotent", "reading"],
)
async def test_f17_of_a_call_that_may_be_repeated_nobody_is_asked(
    tmp_path: Path, name: str, declared: dict[str, Any]
) -> None:
    async def hangs() -> str:
        """Hang."""
        await asyncio.Event().wait()
        return "never"

    gate = Gate(agent="ops")
    hangs.__name__ = name
    tools = gate.guard_tools([hangs], **declared)

    def answer(body: Body) -> Answer:
        return " | ".join(results_in(body)) or [(name, {})]

    async with (
        fake_model(answer) as model,
        running_agents(tmp_path, an_agent(model, tools, limits=SOON), policy=ALLOWED) as agents,
    ):
        gate.use(agents.gateway.gateway)
        run = await agents.ended(await agents.started())
        gate.use(None)

    assert f"Failed: {LATE} It was told to stop." in (run.answer or "")
