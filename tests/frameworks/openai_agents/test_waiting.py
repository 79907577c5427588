"""Guarded tools of a run that waits in memory."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from agents import Agent, Runner, WebSearchTool
from agents.testing import ScriptedModel, assistant_message, function_call

from approvals.domain.decision import Verdict
from approvals.domain.errors import UnsupportedTool
from approvals.domain.permit import PermitState
from approvals.gate import Gate
from approvals.gate.openai_agents import guard_tools
from tests.engine.gateway_in_test import GatewayInTest
from tests.frameworks.openai_agents.scripts import (
    QUIET,
    TOOLS,
    an_agent,
    asked,
    call,
    outputs,
    ran,
    restart_service,
)

WEB = call("restart_service", name="web", drain_s=5)


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    ran.clear()


async def run(agent: Any) -> Any:
    return await Runner.run(agent, "go", run_config=QUIET)


async def permit_of(gateway: GatewayInTest, request_id: Any) -> Any:
    return await gateway.store.write(lambda tx: tx.permit(request_id))


@pytest.mark.parametrize("verdict", Verdict)
async def test_a_call_waits_and_what_people_say_is_done(
    gateway: GatewayInTest, gate: Gate, verdict: Verdict
) -> None:
    running = asyncio.create_task(run(an_agent(gate, WEB)))
    request = await gateway.pending()
    assert ran == []
    assert request.call.arguments == {"name": "web", "drain_s": 5}

    await gateway.clicks(request.id, verdict=verdict, reason="so be it")
    result = await running

    approved = verdict is Verdict.APPROVE
    assert ran == ([{"name": "web", "drain_s": 5}] if approved else [])
    (told,) = outputs(result)
    assert ("web restarted" in told) is approved
    assert '"so be it"' in told
    permit = await permit_of(gateway, request.id)
    assert permit is None or (permit.state is PermitState.SUCCEEDED) is approved


async def test_people_are_not_offered_to_change_what_the_sdk_could_not_run(
    gateway: GatewayInTest, gate: Gate
) -> None:
    running = asyncio.create_task(run(an_agent(gate, WEB)))
    assert (await gateway.pending()).schema_digest is None  # so no card has Change
    await gateway.clicks((await gateway.pending()).id)
    await running

    @gate.guard
    async def restart_plainly(name: str) -> None:
        """Fall under the same rule."""

    running = asyncio.create_task(restart_plainly("web"))
    assert (await gateway.pending()).schema_digest is not None
    await gateway.clicks((await gateway.pending()).id)
    await running


async def test_the_policy_allows_and_denies_without_a_person(
    gateway: GatewayInTest, gate: Gate
) -> None:
    result = await run(
        an_agent(
            gate, call("read_status", "c1", name="web"), call("drop_table", "c2", name="users")
        )
    )

    assert ran == [{"name": "web"}]
    read, dropped = outputs(result)
    assert read == "web is up"
    assert "Dropping is done by hand" in dropped


async def test_a_failure_is_recorded_and_told_to_the_model_as_the_sdk_tells_it(
    gateway: GatewayInTest, gate: Gate
) -> None:
    running = asyncio.create_task(
        run(an_agent(gate, call("restart_service", name="broken", drain_s=5)))
    )
    request = await gateway.pending()
    await gateway.clicks(request.id)
    result = await running

    broken = call("restart_service", name="broken", drain_s=5)
    alone = Agent(
        name="ops",
        model=ScriptedModel([[broken], [assistant_message("done")]]),
        tools=[restart_service],
    )
    assert outputs(result) == outputs(await run(alone))
    permit = await permit_of(gateway, request.id)
    assert permit.state is PermitState.FAILED


async def test_a_failure_that_ends_the_run_is_recorded_and_ends_it(
    gateway: GatewayInTest, gate: Gate
) -> None:
    running = asyncio.create_task(run(an_agent(gate, call("restart_or_end", name="web"))))
    request = await gateway.pending()
    await gateway.clicks(request.id)
    with pytest.raises(Exception, match="did not come back"):
        await running

    assert (await permit_of(gateway, request.id)).state is PermitState.FAILED


async def test_two_calls_of_a_turn_wait_side_by_side(gateway: GatewayInTest, gate: Gate) -> None:
    both = [call("restart_service", f"c{n}", name=n, drain_s=1) for n in ("web", "api")]
    running = asyncio.create_task(run(an_agent(gate, *both)))
    while len(questions := await asked(gateway)) < 2:
        await asyncio.sleep(0.01)
    await gateway.clicks(questions["web"])
    await gateway.clicks(questions["api"], verdict=Verdict.REJECT)
    await running

    assert [each["name"] for each in ran] == ["web"]


async def test_arguments_that_are_no_object_do_not_run(gateway: GatewayInTest, gate: Gate) -> None:
    result = await run(an_agent(gate, function_call("restart_service", "[1]", call_id="c1")))

    assert "no JSON object" in outputs(result)[0]
    assert ran == []


async def test_what_cannot_be_bound_is_refused_when_it_is_guarded(gate: Gate) -> None:
    nested = Agent(name="inner", model=ScriptedModel([])).as_tool("inner", "An agent.")
    search: Any = WebSearchTool()
    for tool in (nested, search, guard_tools(gate, [restart_service])[0]):
        with pytest.raises(UnsupportedTool):
            guard_tools(gate, [tool])


async def test_a_time_limit_that_would_end_the_wait_for_people_is_refused(gate: Gate) -> None:
    limited = replace(restart_service, timeout_seconds=5.0)

    with pytest.raises(UnsupportedTool, match="would end the wait for people"):
        guard_tools(gate, [limited])
    (paused,) = guard_tools(gate, [limited], pauses=True)  # there it counts the body alone
    assert paused.timeout_seconds == 5.0


async def test_looks_stay_as_they_are(gate: Gate) -> None:
    for before, after in zip(TOOLS, guard_tools(gate, TOOLS), strict=True):
        assert (after.name, after.description) == (before.name, before.description)
        assert after.params_json_schema == before.params_json_schema
