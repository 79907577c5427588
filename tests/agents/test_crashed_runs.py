"""Runs whose process died, at every boundary: no body twice, no decision lost (cases F2, F3).

The crash is the gateway's files as they were at that moment, opened by another gateway; the first
one's tools are held up there, so that what it does later is not in them.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.ids import RequestId
from approvals.domain.run import Run
from approvals.operations.ports import Committed
from bot.agents.spec import AgentSpec, ModelSettings
from tests.agents.builders import an_agent
from tests.agents.fake_model import Answer, Body, fake_model, results_in
from tests.agents.images import CHECKPOINTS, ROWS, image, without_newest_checkpoint
from tests.agents.running import RunningAgents, running_agents

ran: list[str] = []
CALL: Answer = [("restart_service", {"service": "web"})]


def model_of(
    path: Path, *, first: Path | None = None, last: Path | None = None
) -> AbstractAsyncContextManager[ModelSettings]:
    """A model that makes one call; as it is asked, it takes images of *path*."""

    def answer(body: Body) -> Answer:
        results = results_in(body)
        target = last if results else first
        if target is not None and not target.exists():
            image(path, target)
        return " | ".join(results) or CALL

    return fake_model(answer)


async def restart_service(service: str) -> str:
    """Restart a service."""
    ran.append(service)
    return f"{service} restarted"


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    ran.clear()


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


@asynccontextmanager
async def after_crash(path: Path, spec: AgentSpec) -> AsyncIterator[RunningAgents]:
    async with running_agents(path, spec, owner="gateway-2") as agents:
        yield agents


async def test_f2_killed_as_the_model_thinks_the_run_goes_on_from_there(
    here: Path, tmp_path: Path
) -> None:
    crashed = tmp_path / "crashed"
    async with model_of(here, first=crashed) as model:
        spec = an_agent(model, [restart_service])
        async with running_agents(here, spec) as agents:
            run = await agents.started()
            await agents.paused(run)
        async with after_crash(crashed, spec) as agents:
            await agents.answered(run)
            ended = await agents.ended(run)

    assert ran == ["web"]
    assert ended.answer == "web restarted"


async def test_f2_killed_before_the_pause_is_stored_asks_the_same_question(
    here: Path, tmp_path: Path
) -> None:
    crashed = tmp_path / "crashed"
    async with model_of(here) as model:
        spec = an_agent(model, [restart_service])
        async with running_agents(here, spec) as agents:

            def once_asked(news: Committed) -> None:
                if news.next_due_at is not None:
                    image(here, crashed)

            agents.gateway.store.on_commit(once_asked)
            run = await agents.started()
            (before,) = await agents.paused(run)
        async with after_crash(crashed, spec) as agents:
            (after,) = await agents.paused(run)
            await agents.gateway.clicks(after.id)
            ended = await agents.ended(run)

    assert after.id == before.id
    assert ran == ["web"]
    assert ended.answer == "web restarted"


async def test_f3_killed_after_the_body_before_its_result_is_kept_runs_it_no_second_time(
    here: Path, tmp_path: Path
) -> None:
    paused, crashed = tmp_path / "paused", tmp_path / "crashed"
    async with model_of(here, last=crashed) as model:
        spec = an_agent(model, [restart_service])
        async with running_agents(here, spec) as agents:
            run = await agents.started()
            (request,) = await agents.paused(run)
            image(here, paused)
            await agents.gateway.clicks(request.id)
            await agents.ended(run)
        image(paused, crashed, names=CHECKPOINTS)
        async with after_crash(crashed, spec) as agents:
            ended = await agents.ended(run)

    assert ran == ["web"]
    assert "already ran under the same key" in (ended.answer or "")
    assert "web restarted" in (ended.answer or "")


async def test_f3_killed_once_the_result_is_kept_before_its_step_is_the_model_is_told_it(
    here: Path, tmp_path: Path
) -> None:
    crashed = tmp_path / "crashed"
    async with model_of(here, last=crashed) as model:
        spec = an_agent(model, [restart_service])
        async with running_agents(here, spec) as agents:
            run = await agents.started()
            await agents.answered(run)
            await agents.ended(run)
        without_newest_checkpoint(crashed)
        async with after_crash(crashed, spec) as agents:
            ended = await agents.ended(run)

    assert ran == ["web"]
    assert ended.answer == "web restarted"


async def test_f3_killed_after_the_last_turn_the_answer_is_taken_from_the_state(
    here: Path, tmp_path: Path
) -> None:
    crashed = tmp_path / "crashed"
    turns: list[int] = []

    def counted(body: Body) -> Answer:
        turns.append(len(body["messages"]))
        if results_in(body) and not crashed.exists():
            image(here, crashed)
        return " | ".join(results_in(body)) or CALL

    async with fake_model(counted) as model:
        spec = an_agent(model, [restart_service])
        async with running_agents(here, spec) as agents:
            run = await agents.started()
            await agents.answered(run)
            await agents.ended(run)
        image(here, crashed, names=CHECKPOINTS)
        async with after_crash(crashed, spec) as agents:
            ended = await agents.ended(run)

    assert ran == ["web"]
    assert len(turns) == 2
    assert ended.answer == "web restarted"


async def test_a_lost_checkpoint_loses_progress_and_nothing_runs_unasked(
    here: Path, tmp_path: Path
) -> None:
    crashed = tmp_path / "crashed"
    async with model_of(here) as model:
        spec = an_agent(model, [restart_service])
        async with running_agents(here, spec) as agents:
            run = await agents.started()
            (request,) = await agents.paused(run)
            await agents.stop()
            await agents.gateway.clicks(request.id)
        image(here, crashed, names=ROWS)
        async with after_crash(crashed, spec) as agents:
            anew = await asked_anew(agents, run, request.id)
            before = list(ran)
            await agents.gateway.clicks(anew.id)
            ended = await agents.ended(run)

    assert before == []
    assert ended.answer == "web restarted"
    assert ran == ["web"]


async def asked_anew(agents: RunningAgents, run: Run, known: RequestId) -> ApprovalRequest:
    """Wait for a question of the run that is not the known one."""
    found: list[ApprovalRequest] = []

    async def is_there() -> bool:
        asked = [each for each in agents.gateway.messenger.posts if each.request.id != known]
        found[:] = [each.request for each in asked if each.request.run_id == run.id]
        return bool(found)

    await agents.until(is_there)
    return found[0]
