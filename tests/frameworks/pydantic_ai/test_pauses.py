"""A run that ends at a call people have yet to decide, and goes on elsewhere."""

from typing import Any

import pytest
from pydantic import TypeAdapter
from pydantic_ai import DeferredToolRequests
from pydantic_ai.messages import ModelMessagesTypeAdapter

from approvals.domain.decision import Verdict
from approvals.gate import Gate
from approvals.gate.pydantic_ai import Approvals, paused_requests, resume
from tests.engine.gateway_in_test import GatewayInTest
from tests.fakes.people import CAROL
from tests.frameworks.pydantic_ai.agents import an_agent, call, ran, returned

CALLS = [
    call("restart_service", "call_1", name="checkout"),
    call("say", "call_2", text="hello"),
    call("restart_service", "call_3", name="mail"),
]


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    ran.clear()


def agent_of(gate: Gate) -> Any:
    """Made anew for each process."""
    return an_agent(*CALLS, capabilities=[Approvals(gate=gate, pauses=True)])


def stored(result: Any) -> tuple[Any, DeferredToolRequests]:
    """What another process reads of a paused run."""
    requests = TypeAdapter(DeferredToolRequests)
    return (
        ModelMessagesTypeAdapter.validate_json(result.all_messages_json()),
        requests.validate_json(requests.dump_json(result.output)),
    )


async def test_a_paused_run_goes_on_from_what_was_stored(
    gateway: GatewayInTest, gate: Gate
) -> None:
    messages, requests = stored(await agent_of(gate).run("go"))
    await gateway.delivered()
    first, second = paused_requests(requests)
    assert ran == []

    await gateway.clicks(first)
    await gateway.clicks(second, verdict=Verdict.REJECT)
    result = await resume(agent_of(gate), messages, requests, gate=gate)

    assert sorted(result.output.split(" | "))[-2:] == ["checkout restarted", "hello"]
    assert ran == [{"name": "checkout", "drain_s": 30}]
    assert returned(result, "call_3").outcome == "denied"


async def test_it_pauses_again_for_what_is_still_open(gateway: GatewayInTest, gate: Gate) -> None:
    messages, requests = stored(await agent_of(gate).run("go"))
    await gateway.delivered()
    first, second = paused_requests(requests)
    await gateway.clicks(first)

    again = await agent_of(gate).run(
        message_history=messages,
        deferred_tool_results=requests.build_results(approve_all=True),
    )

    assert ran == [{"name": "checkout", "drain_s": 30}]
    assert paused_requests(again.output) == [second]
    await gateway.clicks(second, CAROL)
    result = await resume(agent_of(gate), *stored(again), gate=gate)
    assert len(ran) == 2
    assert returned(result, "call_3").content == "mail restarted"


async def test_a_run_that_is_resumed_twice_runs_nothing_twice(
    gateway: GatewayInTest, gate: Gate
) -> None:
    paused = stored(await agent_of(gate).run("go"))
    await gateway.delivered()
    for request_id in paused_requests(paused[1]):
        await gateway.clicks(request_id)

    await resume(agent_of(gate), *paused, gate=gate)
    again = await resume(agent_of(gate), *paused, gate=gate)

    assert len(ran) == 2
    assert "ran" in returned(again).content


async def test_other_arguments_than_were_asked_about_are_refused(
    gateway: GatewayInTest, gate: Gate
) -> None:
    messages, requests = stored(await agent_of(gate).run("go"))
    await gateway.delivered()
    for request_id in paused_requests(requests):
        await gateway.clicks(request_id)
    for part in messages[-2].parts:
        if part.tool_call_id == "call_1":
            part.args = {"name": "everything"}

    result = await resume(agent_of(gate), messages, requests, gate=gate)

    assert ran == [{"name": "mail", "drain_s": 30}]
    assert returned(result).outcome == "denied"
