"""Agents behind LangChain's HumanInTheLoopMiddleware, and the people who answer through us."""

import asyncio
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langgraph.checkpoint.memory import InMemorySaver

from approvals.domain.permit import PermitState
from approvals.gate import Gate
from approvals.gate.langchain import answer_interrupts
from tests.engine.gateway_in_test import GatewayInTest
from tests.gate.pausing import CONFIG, TOOLS
from tests.gate.scripted_agent import ScriptedModel, call
from tests.waiting import until

ASKED: Any = {"restart_service": True}
TWO = (
    call("restart_service", "c1", service="web"),
    call("restart_service", "c2", service="api"),
)


def an_agent(
    mode: Any, *calls: Any, asked: Any = None, tools: Any = TOOLS, saver: Any = None
) -> Any:
    asks: Any = HumanInTheLoopMiddleware(asked or ASKED, interrupt_mode=mode)
    return create_agent(
        ScriptedModel(calls=list(calls)),
        list(tools),
        middleware=[asks],
        checkpointer=saver or InMemorySaver(),
    )


async def answering(agent: Any, gate: Gate, gateway: GatewayInTest, **also: Any) -> Any:
    """Begin to answer and return the task once its questions are posted."""
    interrupts = (await agent.aget_state(CONFIG)).interrupts
    asked = sum(len(each.value.get("action_requests", [each])) for each in interrupts)
    task = asyncio.create_task(answer_interrupts(agent, CONFIG, gate=gate, **also))
    await until(lambda: task.done() or waiting(gateway) == asked)
    await gateway.delivered()
    return task


def waiting(gateway: GatewayInTest) -> int:
    """How many questions wait for people."""
    return len(gateway.gateway._room)


async def ended(gateway: GatewayInTest, task: Any) -> Any:
    while not task.done():
        await gateway.delivered()
        await asyncio.wait({task}, timeout=0.01)
    return await task


async def permits(gateway: GatewayInTest) -> list[PermitState | None]:
    ids = [content.request.id for content in gateway.messenger.posts]
    found = await gateway.store.write(lambda tx: [tx.permit(each) for each in ids])
    return [permit.state if permit else None for permit in found]
