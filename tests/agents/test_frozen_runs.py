"""Agent tasks in a freeze (case X10): none starts, those under way stop, and go on afterwards."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.domain import errors
from approvals.domain.run import RunStatus
from approvals.operations.resume_run import FROZEN_LOOK_AFTER
from tests.agents.builders import an_agent
from tests.agents.fake_model import Answer, Body, fake_model, results_in
from tests.agents.running import running_agents
from tests.engine.freezing import frozen, frozen_right_after, lifted
from tests.engine.gateway_in_test import OPS

ran: list[str] = []


@pytest.fixture(autouse=True)
def nothing_ran() -> None:
    ran.clear()


def one_after_another(body: Body) -> Answer:
    """A model that reads twice and then restarts, one call a turn."""
    results = results_in(body)
    if len(results) == 3:
        return " | ".join(results)
    return [("read_status" if len(results) < 2 else "restart_service", {"service": "web"})]


async def restart_service(service: str) -> str:
    """Restart a service."""
    ran.append(f"restart {service}")
    return f"{service} restarted"


async def test_x10_a_run_under_way_starts_no_further_tool_and_goes_on_when_it_is_lifted(
    tmp_path: Path,
) -> None:
    reading, goes_on = asyncio.Event(), asyncio.Event()

    async def read_status(service: str) -> str:
        """Read the status."""
        ran.append(f"read {service}")
        reading.set()
        await goes_on.wait()
        return f"{service} is up"

    async with (
        fake_model(one_after_another) as model,
        running_agents(tmp_path, an_agent(model, [read_status, restart_service])) as agents,
    ):
        run = await agents.started()
        await asyncio.wait_for(reading.wait(), 45)  # its first task loads LangChain
        await frozen(agents.gateway, OPS)
        goes_on.set()
        await agents.until(agents.is_idle)

        assert ran == ["read web"]
        assert (await agents.read(run.id)).status is RunStatus.PAUSED
        await lifted(agents.gateway, OPS)
        agents.gateway.clock.advance(FROZEN_LOOK_AFTER)
        (request,) = await agents.paused(run)
        assert ran == ["read web", "read web"]
        await agents.gateway.clicks(request.id)
        ended = await agents.ended(run)
        assert ended.status is RunStatus.SUCCEEDED
        assert ran == ["read web", "read web", "restart web"]


async def test_x10_an_approved_call_of_a_paused_run_waits_for_the_end_of_the_freeze(
    tmp_path: Path,
) -> None:
    def restarts(body: Body) -> Answer:
        results = results_in(body)
        return " | ".join(results) if results else [("restart_service", {"service": "web"})]

    async with (
        fake_model(restarts) as model,
        running_agents(tmp_path, an_agent(model, [restart_service])) as agents,
    ):
        run = await agents.started()
        (request,) = await agents.paused(run)
        await agents.until(agents.is_idle)
        await frozen_right_after(agents.gateway, request)
        await agents.until(agents.is_idle)

        assert ran == []
        assert (await agents.read(run.id)).status is not RunStatus.SUCCEEDED
        await lifted(agents.gateway)
        agents.gateway.clock.advance(FROZEN_LOOK_AFTER)
        assert (await agents.ended(run)).answer == "web restarted"
        assert ran == ["restart web"]


async def test_x10_no_task_is_started_in_a_freeze(tmp_path: Path) -> None:
    async with (
        fake_model(one_after_another) as model,
        running_agents(tmp_path, an_agent(model, [restart_service])) as agents,
    ):
        await frozen(agents.gateway, lasts=timedelta(hours=1))

        with pytest.raises(errors.Frozen):
            await agents.started()

        agents.gateway.clock.advance(timedelta(hours=1))
        assert (await agents.started()).status is RunStatus.QUEUED
