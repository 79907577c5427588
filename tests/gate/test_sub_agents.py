"""An agent inside a tool's body: its calls wait in memory, and are nobody else's."""

import asyncio
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import HumanMessage
from langchain_core.tools import BaseTool, tool

from approvals.domain.decision import Verdict
from approvals.domain.ids import RunId
from approvals.domain.permit import PermitState
from approvals.gate import Gate
from approvals.gate.context import CallContext, entered
from approvals.gate.langchain import ApprovalMiddleware
from tests.engine.gateway_in_test import GatewayInTest
from tests.gate.pausing import an_agent, ran, restart_service, started, told
from tests.gate.scripted_agent import ScriptedModel, call


def delegating(gate: Gate, name: str, *, call_id: str) -> BaseTool:
    inner = create_agent(
        ScriptedModel(calls=[call("restart_service", call_id, service="web")]),
        [restart_service],
        middleware=[ApprovalMiddleware(gate)],
    )

    @tool(name)
    async def delegate(task: str) -> str:
        """Let another agent do it."""
        ended = await inner.ainvoke({"messages": [HumanMessage(task)]})
        return str(ended["messages"][-1].content)

    return delegate


@pytest.mark.parametrize("call_id", ["call_1", "call_9"], ids=["the same id", "an id of its own"])
@pytest.mark.parametrize("in_run", [False, True])
async def test_its_call_waits_in_memory_inside_the_body_and_runs_when_approved(
    gateway: GatewayInTest, gate: Gate, call_id: str, in_run: bool
) -> None:
    tools = [delegating(gate, "read_delegate", call_id=call_id)]
    outer = an_agent(gate, call("read_delegate", "call_1", task="x"), tools=tools)
    known = CallContext(run_id=RunId("RUN1") if in_run else None)

    with entered(known):
        running = asyncio.create_task(started(outer))
    request = await gateway.pending()
    waiting = gateway.gateway.waiting_count
    await gateway.clicks(request.id)
    ended = await running

    assert (waiting, request.key) == (1, None)
    assert ran == ["web"]
    assert ended.interrupts == ()
    assert told(ended.value) == ["web restarted"]


@pytest.mark.parametrize("verdict", [Verdict.APPROVE, Verdict.REJECT])
async def test_the_permit_of_the_body_around_it_ends_by_the_body(
    gateway: GatewayInTest, gate: Gate, verdict: Verdict
) -> None:
    tools = [delegating(gate, "restart_by_agent", call_id="call_1")]
    outer = an_agent(gate, call("restart_by_agent", task="x"), tools=tools)
    await started(outer)
    around = await gateway.pending()
    await gateway.clicks(around.id)

    running: Any = asyncio.create_task(outer.ainvoke(None, {"configurable": {"thread_id": "T1"}}))
    while len(gateway.messenger.posts) < 2:
        await gateway.delivered()
    inner = gateway.messenger.posts[-1].request
    begun = await gateway.desk.store.write(lambda tx: tx.permit(around.id))
    await gateway.clicks(inner.id, verdict=verdict)
    values = await running

    ended = await gateway.desk.store.write(lambda tx: tx.permit(around.id))
    assert begun is not None
    assert begun.state is PermitState.CLAIMED
    assert ended is not None
    assert ended.state is PermitState.SUCCEEDED
    assert ran == (["web"] if verdict is Verdict.APPROVE else [])
    assert ("restarted" in told(values)[0]) is (verdict is Verdict.APPROVE)
