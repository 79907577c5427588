"""Agents that pause: a real LangGraph graph, a real store, nothing waiting in memory."""

import asyncio
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langgraph.types import interrupt

from approvals.domain.decision import Verdict
from approvals.gate import Gate
from approvals.gate.langchain import ApprovalMiddleware, paused_requests, resume_paused
from approvals.gate.refusals import PauseNeedsKey
from tests.engine.gateway_in_test import GatewayInTest
from tests.gate.pausing import CONFIG, TOOLS, an_agent, ran, started, told
from tests.gate.scripted_agent import ScriptedModel, call


async def test_a_paused_call_waits_for_nothing_and_runs_once_it_is_approved(
    gateway: GatewayInTest, gate: Gate
) -> None:
    agent = an_agent(gate, call("restart_service", service="web"))

    paused = await started(agent)
    request = await gateway.pending()
    waiting = gateway.gateway.waiting_count
    await gateway.clicks(request.id)
    values = await resume_paused(agent, CONFIG, gate=gate)

    assert paused_requests(paused.interrupts) == (request.id,)
    assert waiting == 0
    assert ran == ["web"]
    assert told(values) == ["web restarted"]


async def test_a_rejection_reaches_the_model_with_its_reason(
    gateway: GatewayInTest, gate: Gate
) -> None:
    agent = an_agent(gate, call("restart_service", service="web"))
    await started(agent)
    request = await gateway.pending()

    resuming = asyncio.create_task(resume_paused(agent, CONFIG, gate=gate))
    await gateway.settled()
    await gateway.clicks(request.id, verdict=Verdict.REJECT, reason="not today")

    assert ran == []
    (said,) = told(await resuming)
    assert "rejected" in said
    assert "not today" in said


async def test_allowed_siblings_run_once_however_often_the_turn_is_entered_again(
    gateway: GatewayInTest, gate: Gate
) -> None:
    agent = an_agent(
        gate,
        call("read_status", "c0", service="web"),
        call("restart_service", "c1", service="web"),
        call("restart_service", "c2", service="api"),
    )
    await started(agent)
    await gateway.delivered()
    first, second = gateway.messenger.asked
    await gateway.clicks(first.id)
    await agent.ainvoke(None, CONFIG)
    await gateway.clicks(second.id)

    values = await resume_paused(agent, CONFIG, gate=gate)

    assert sorted(ran) == ["api", "read web", "web"]
    assert told(values) == ["web is up", "web restarted", "api restarted"]


@pytest.mark.parametrize("is_guarded", [True, False])
async def test_a_tool_that_is_guarded_already_pauses_alike(
    gateway: GatewayInTest, gate: Gate, is_guarded: bool
) -> None:
    tools = gate.guard_tools(TOOLS) if is_guarded else TOOLS
    agent = an_agent(gate, call("restart_service", service="web"), tools=tools)

    paused = await started(agent)
    request = await gateway.pending()
    await gateway.clicks(request.id)
    values = await resume_paused(agent, CONFIG, gate=gate)

    assert paused_requests(paused.interrupts) == (request.id,)
    assert len(gateway.messenger.posts) == 1
    assert told(values) == ["web restarted"]


async def test_the_same_middleware_can_let_calls_wait_in_memory(
    gateway: GatewayInTest, gate: Gate
) -> None:
    agent = an_agent(gate, call("restart_service", service="web"), pauses=False)

    running = asyncio.create_task(started(agent))
    while not gateway.messenger.posts:
        await gateway.delivered()
    waiting = gateway.gateway.waiting_count
    await gateway.clicks(gateway.messenger.posts[0].request.id)
    ended = await running

    assert waiting == 1
    assert ended.interrupts == ()
    assert told(ended.value) == ["web restarted"]


async def test_a_call_that_waits_in_memory_is_found_again_by_its_thread(
    gateway: GatewayInTest, gate: Gate
) -> None:
    agent = an_agent(gate, call("restart_service", service="web"), pauses=False)
    running = asyncio.create_task(started(agent))
    while not gateway.messenger.posts:
        await gateway.delivered()
    running.cancel()
    await asyncio.wait({running})

    again = asyncio.create_task(agent.ainvoke(None, CONFIG, durability="sync"))
    await gateway.delivered()
    await gateway.clicks(gateway.messenger.posts[0].request.id)
    values = await again

    assert told(values) == ["web restarted"]
    assert len(gateway.messenger.posts) == 1


async def test_other_interrupts_of_the_thread_are_left_to_the_caller(
    gateway: GatewayInTest, gate: Gate
) -> None:
    @tool
    async def read_answer(question: str) -> str:
        """Ask."""
        return str(interrupt(question))

    agent = an_agent(
        gate,
        call("restart_service", "c1", service="web"),
        call("read_answer", "c2", question="which?"),
        tools=[*TOOLS, read_answer],
    )
    await started(agent)
    await gateway.clicks((await gateway.pending()).id)

    await resume_paused(agent, CONFIG, gate=gate)

    left = (await agent.aget_state(CONFIG)).interrupts
    assert "which?" in {each.value if isinstance(each.value, str) else "" for each in left}


async def test_a_breakpoint_of_the_graph_stops_it(gateway: GatewayInTest, gate: Gate) -> None:
    agent = an_agent(gate, call("restart_service", service="web"))
    agent.interrupt_after_nodes = ["tools"]
    await started(agent)
    await gateway.clicks((await gateway.pending()).id)

    values = await resume_paused(agent, CONFIG, gate=gate)

    assert ran == ["web"]
    assert values["messages"][-1].text == "web restarted"
    assert (await agent.aget_state(CONFIG)).next == ("model",)


@pytest.mark.parametrize(
    ("call_id", "config"), [(None, CONFIG), ("call_1", {})], ids=["no call id", "no thread"]
)
async def test_a_pause_that_could_never_be_found_again_is_refused_before_anyone_is_asked(
    gateway: GatewayInTest, gate: Gate, call_id: str | None, config: Any
) -> None:
    asking: Any = call("restart_service", service="web") | {"id": call_id}
    agent = create_agent(
        ScriptedModel(calls=[asking]), list(TOOLS), middleware=[ApprovalMiddleware(gate)]
    )

    try:
        said = told(await agent.ainvoke({"messages": [HumanMessage("go")]}, config))[0]
    except PauseNeedsKey as refused:
        said = str(refused)

    assert "no key" in said
    assert (ran, gateway.messenger.posts) == ([], [])
