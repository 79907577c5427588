"""Several calls of one turn, and several turns: each call runs once, whatever comes in between."""

import asyncio
from itertools import permutations
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from approvals.gate import Gate
from approvals.gate.langchain import ApprovalMiddleware, resume_paused
from tests.engine.gateway_in_test import GatewayInTest
from tests.gate.pausing import CONFIG, TOOLS, an_agent, ran, started, told
from tests.gate.scripted_agent import ScriptedModel, call

THREE = tuple(
    call("restart_service", f"c{number}", service=name)
    for number, name in enumerate(("web", "api", "db"))
)


class TwoTurns(ScriptedModel):
    """Calls the same tool in two turns, both times with the same id and arguments."""

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        turns = sum(isinstance(message, ToolMessage) for message in messages)
        answer = AIMessage("", tool_calls=self.calls) if turns < 2 else AIMessage("done")
        return ChatResult(generations=[ChatGeneration(message=answer)])


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_c9_paused_calls_of_one_turn_are_decided_in_any_order(
    gateway: GatewayInTest, gate: Gate, order: tuple[int, ...]
) -> None:
    agent = an_agent(gate, *THREE)
    await started(agent)
    await gateway.delivered()
    requests = {each.call.arguments["service"]: each.id for each in gateway.messenger.asked}

    for number in order:
        await gateway.clicks(requests[THREE[number]["args"]["service"]])
        values = await agent.ainvoke(None, CONFIG, durability="sync")

    assert ran == [THREE[number]["args"]["service"] for number in order]
    assert told(values) == ["web restarted", "api restarted", "db restarted"]
    assert len(gateway.messenger.asked) == 3


async def test_a_decision_that_comes_while_a_siblings_body_runs_is_not_lost(
    gateway: GatewayInTest, gate: Gate
) -> None:
    began, go_on = asyncio.Event(), asyncio.Event()

    @tool
    async def restart_slowly(service: str) -> str:
        """Restart."""
        ran.append(service)
        began.set()
        await go_on.wait()
        return f"{service} restarted slowly"

    agent = an_agent(
        gate,
        call("restart_service", "c0", service="web"),
        call("restart_slowly", "c1", service="api"),
        tools=[*TOOLS, restart_slowly],
    )
    await started(agent)
    await gateway.delivered()
    web, slow = gateway.messenger.asked
    await gateway.clicks(slow.id)
    resuming = asyncio.create_task(resume_paused(agent, CONFIG, gate=gate))
    await began.wait()

    await gateway.clicks(web.id)
    before = list(ran)
    go_on.set()
    values = await resuming

    assert before == ["api"]
    assert ran == ["api", "web"]
    assert told(values) == ["web restarted", "api restarted slowly"]


async def test_the_same_call_id_in_a_later_turn_is_a_new_question(
    gateway: GatewayInTest, gate: Gate
) -> None:
    agent = create_agent(
        TwoTurns(calls=[call("restart_service", service="web")]),
        list(TOOLS),
        middleware=[ApprovalMiddleware(gate)],
        checkpointer=InMemorySaver(),
    )
    await started(agent)
    await gateway.clicks((await gateway.pending()).id)
    await agent.ainvoke(None, CONFIG, durability="sync")
    between = list(ran)
    await gateway.clicks((await gateway.pending()).id)

    values = await resume_paused(agent, CONFIG, gate=gate)

    assert between == ["web"]
    assert ran == ["web", "web"]
    assert len({content.request.id for content in gateway.messenger.posts}) == 2
    assert told(values) == ["web restarted", "web restarted"]


async def test_a_guarded_call_inside_a_body_waits_in_memory(
    gateway: GatewayInTest, gate: Gate
) -> None:
    @gate.guard
    async def drain(service: str) -> str:
        ran.append(f"drain {service}")
        return "drained"

    @tool
    async def restart_drained(service: str) -> str:
        """Drain and restart."""
        ran.append(f"begin {service}")
        return f"{service} {await drain(service)}"

    agent = an_agent(gate, call("restart_drained", service="web"), tools=[restart_drained])
    await started(agent)
    await gateway.clicks((await gateway.pending()).id)
    resuming = asyncio.create_task(resume_paused(agent, CONFIG, gate=gate))
    while len(gateway.messenger.posts) < 2:
        await gateway.delivered()
    waiting = gateway.gateway.waiting_count

    await gateway.clicks(gateway.messenger.posts[-1].request.id)
    values = await resuming

    assert waiting == 1
    assert ran == ["begin web", "drain web"]
    assert told(values) == ["web drained"]


async def test_a_graph_that_is_invoked_without_a_loop_pauses_alike(
    gateway: GatewayInTest, gate: Gate
) -> None:
    @tool
    def restart_in_thread(service: str) -> str:
        """Restart."""
        ran.append(service)
        return f"{service} restarted"

    agent = an_agent(gate, call("restart_in_thread", service="web"), tools=[restart_in_thread])
    asked: Any = {"messages": [("user", "go")]}

    paused = await asyncio.to_thread(agent.invoke, asked, CONFIG)
    before = list(ran)
    await gateway.clicks((await gateway.pending()).id)
    values = await asyncio.to_thread(agent.invoke, None, CONFIG)

    assert len(paused["__interrupt__"]) == 1
    assert (before, ran) == ([], ["web"])
    assert told(values) == ["web restarted"]
