"""Agents that pause: a real LangGraph graph, a real store, nothing waiting in memory."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from approvals.domain.decision import Verdict
from approvals.gate import Gate
from approvals.gate.langchain import ApprovalMiddleware, paused_requests, resume_paused
from tests.engine.gateway_in_test import GatewayInTest, a_gateway
from tests.gate.scripted_agent import ScriptedModel, call

CONFIG: Any = {"configurable": {"thread_id": "T1"}}
ran: list[str] = []


@tool
async def restart_service(service: str) -> str:
    """Restart a service."""
    ran.append(service)
    return f"{service} restarted"


@tool
async def read_status(service: str) -> str:
    """Read the status."""
    ran.append(f"read {service}")
    return f"{service} is up"


@pytest.fixture
async def gateway() -> AsyncIterator[GatewayInTest]:
    ran.clear()
    async with a_gateway() as gateway:
        yield gateway


@pytest.fixture
async def gate(gateway: GatewayInTest) -> Gate:
    gate = Gate(agent="deploy-bot")
    gate.use(gateway.gateway)
    return gate


def an_agent(gate: Gate, *calls: Any) -> Any:
    return create_agent(
        ScriptedModel(calls=list(calls)),
        [restart_service, read_status],
        middleware=[ApprovalMiddleware(gate)],
        checkpointer=InMemorySaver(),
    )


async def started(agent: Any) -> Any:
    asked = {"messages": [HumanMessage("go")]}
    return await agent.ainvoke(asked, CONFIG, version="v2", durability="sync")


def told(values: Any) -> list[str]:
    return [message.text for message in values["messages"] if isinstance(message, ToolMessage)]


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


async def test_x6_a_value_passed_to_resume_approves_nothing(
    gateway: GatewayInTest, gate: Gate
) -> None:
    agent = an_agent(gate, call("restart_service", service="web"))
    await started(agent)

    resumed = await agent.ainvoke(Command(resume=True), CONFIG, version="v2")

    assert ran == []
    assert len(paused_requests(resumed.interrupts)) == 1


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
    first, second = (content.request for content in gateway.messenger.posts)
    await gateway.clicks(first.id)
    await agent.ainvoke(None, CONFIG)
    await gateway.clicks(second.id)

    values = await resume_paused(agent, CONFIG, gate=gate)

    assert sorted(ran) == ["api", "read web", "web"]
    assert told(values) == ["web is up", "web restarted", "api restarted"]
