"""A tool's body cut off by a crash: a person says what became of it, or it is tried again (F2)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from approvals.domain.ids import RequestId
from approvals.domain.permit import Settlement
from approvals.domain.run import Run
from approvals.gate import Gate, idempotency_key
from bot.agents.spec import ModelSettings
from tests.agents.builders import an_agent
from tests.agents.fake_model import fake_model, results_in
from tests.agents.images import image
from tests.agents.running import RunningAgents, running_agents

ran: list[str] = []


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    ran.clear()


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


def one_restart() -> AbstractAsyncContextManager[ModelSettings]:
    """A model that restarts a service and then says what came of it."""
    call = ("restart_service", {"service": "web"})
    return fake_model(lambda body: " | ".join(results_in(body)) or [call])


@asynccontextmanager
async def killed_in_the_body(
    here: Path, crashed: Path, model: ModelSettings, *, idempotent: bool = False
) -> AsyncIterator[tuple[RunningAgents, Run, RequestId]]:
    """A gateway after one that died while a tool's body ran."""
    begun = asyncio.Event()
    keys: list[str | None] = []

    async def restart_service(service: str) -> str:
        """Restart a service."""
        ran.append(service)
        keys.append(idempotency_key())
        if len(ran) == 1:
            begun.set()
            await asyncio.Event().wait()
        assert keys[0] == keys[-1]
        return f"{service} restarted"

    gate = Gate(agent="ops")
    tools = gate.guard_tools([restart_service], idempotent=["restart_*"] if idempotent else [])
    spec = an_agent(model, tools)
    async with running_agents(here, spec) as agents:
        gate.use(agents.gateway.gateway)
        run = await agents.started()
        (request,) = await agents.paused(run)
        await agents.gateway.clicks(request.id)
        await begun.wait()
        image(here, crashed)
    gate.use(None)
    async with running_agents(crashed, spec, owner="gateway-2") as agents:
        gate.use(agents.gateway.gateway)
        yield agents, run, request.id
    gate.use(None)


@pytest.mark.parametrize(
    ("settlement", "step", "told"),
    [
        (Settlement.HAPPENED, "returned", "A person looked: it did happen."),
        (Settlement.GAVE_UP, "did not succeed", "It may or may not have happened."),
    ],
)
async def test_f2_killed_in_the_body_a_person_says_what_became_of_it(
    here: Path, tmp_path: Path, settlement: Settlement, step: str, told: str
) -> None:
    async with (
        one_restart() as model,
        killed_in_the_body(here, tmp_path / "crashed", model) as (agents, run, request_id),
    ):
        await agents.interrupted(run)
        await agents.settled(request_id, settlement)
        ended = await agents.ended(run)

    assert ran == ["web"]
    assert [each.split(":")[0] for each in agents.steps(run)] == [
        "restart_service was interrupted",
        f"restart_service {step}",
    ]
    assert told in (ended.answer or "")


async def test_f2_an_interrupted_call_runs_again_only_once_it_is_approved_again(
    here: Path, tmp_path: Path
) -> None:
    async with (
        one_restart() as model,
        killed_in_the_body(here, tmp_path / "crashed", model) as (agents, run, request_id),
    ):
        await agents.interrupted(run)
        await agents.settled(request_id, Settlement.AGAIN)
        (again,) = await agents.paused(run)
        before = list(ran)
        await agents.gateway.clicks(again.id)
        ended = await agents.ended(run)

    assert again.earlier == request_id
    assert before == ["web"]
    assert ran == ["web", "web"]
    assert ended.answer == "web restarted"


async def test_f2_an_idempotent_call_is_tried_again_with_the_same_key(
    here: Path, tmp_path: Path
) -> None:
    async with (
        one_restart() as model,
        killed_in_the_body(here, tmp_path / "crashed", model, idempotent=True) as killed,
    ):
        agents, run, _ = killed
        ended = await agents.ended(run)

    assert ran == ["web", "web"]
    assert ended.answer == "web restarted"
