"""Other middlewares between the gate and the tool: what they swap, and what they swallow."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ToolErrorMiddleware, ToolRetryMiddleware
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import BaseTool, tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.prebuilt.tool_node import ToolCallRequest

from approvals.gate import Gate
from approvals.gate.langchain import ApprovalMiddleware, paused_requests, resume_paused
from tests.engine.gateway_in_test import GatewayInTest
from tests.gate.pausing import CONFIG, ran, read_status, restart_service, started, told
from tests.gate.scripted_agent import ScriptedModel, call


class Puts(AgentMiddleware[Any, Any, Any]):
    """Puts a tool into the request, as LangChain shows it for tools made at run time."""

    def __init__(self, put: BaseTool) -> None:
        super().__init__()
        self._put = put

    async def awrap_tool_call(self, request: ToolCallRequest, handler: Any) -> Any:
        return await handler(request.override(tool=self._put))

    def wrap_tool_call(self, request: ToolCallRequest, handler: Any) -> Any:
        return handler(request.override(tool=self._put))


class PutsUnseen(Puts):
    """Puts it into a request of its own making, which nothing can have prepared."""

    async def awrap_tool_call(self, request: ToolCallRequest, handler: Any) -> Any:
        return await handler(_own_request(request, self._put))

    def wrap_tool_call(self, request: ToolCallRequest, handler: Any) -> Any:
        return handler(_own_request(request, self._put))


class Swallows(AgentMiddleware[Any, Any, Any]):
    """Takes whatever is raised for a failure, LangGraph's own signals as well."""

    async def awrap_tool_call(self, request: ToolCallRequest, handler: Any) -> Any:
        try:
            return await handler(request)
        except Exception:
            return ToolMessage("it failed", tool_call_id=request.tool_call["id"])


class Rewords(AgentMiddleware[Any, Any, Any]):
    """Raises another error in place of what was raised."""

    async def awrap_tool_call(self, request: ToolCallRequest, handler: Any) -> Any:
        try:
            return await handler(request)
        except Exception as error:
            raise RuntimeError("it failed") from error


def _own_request(request: ToolCallRequest, put: BaseTool) -> ToolCallRequest:
    return ToolCallRequest(request.tool_call, put, request.state, request.runtime)


def an_agent(middleware: Sequence[Any], *, tools: Sequence[BaseTool] = (restart_service,)) -> Any:
    return create_agent(
        ScriptedModel(calls=[call("restart_service", service="web")]),
        list(tools),
        middleware=list(middleware),
        checkpointer=InMemorySaver(),
    )


async def asked_then_run(agent: Any, gateway: GatewayInTest, gate: Gate) -> list[str]:
    """Check that nothing ran before people were asked; return what the model is told then."""
    paused = await started(agent)
    request = await gateway.pending()
    assert paused_requests(paused.interrupts) == (request.id,)
    assert ran == []
    await gateway.clicks(request.id)
    values = await resume_paused(agent, CONFIG, gate=gate)
    assert len(gateway.messenger.posts) == 1
    return told(values)


@pytest.mark.parametrize("is_gate_first", [True, False])
@pytest.mark.parametrize("tools", [(restart_service,), (read_status,)], ids=["known", "dynamic"])
async def test_a_tool_that_another_middleware_puts_in_asks_first(
    gateway: GatewayInTest, gate: Gate, tools: tuple[BaseTool, ...], is_gate_first: bool
) -> None:
    order: list[Any] = [ApprovalMiddleware(gate), Puts(restart_service)]
    agent = an_agent(order if is_gate_first else order[::-1], tools=tools)

    said = await asked_then_run(agent, gateway, gate)

    assert ran == ["web"]
    assert said == ["web restarted"]


async def test_a_guarded_tool_is_put_in_as_it_is(gateway: GatewayInTest, gate: Gate) -> None:
    (guarded,) = gate.guard_tools([restart_service])
    agent = an_agent([ApprovalMiddleware(gate), PutsUnseen(guarded)], tools=[read_status])

    said = await asked_then_run(agent, gateway, gate)

    assert said == ["web restarted"]


@pytest.mark.parametrize("inner", [[], [ToolRetryMiddleware(max_retries=1, initial_delay=0)]])
async def test_a_tool_that_would_start_beside_the_gate_is_stopped_by_name(
    gateway: GatewayInTest, gate: Gate, inner: list[Any]
) -> None:
    agent = an_agent([ApprovalMiddleware(gate), *inner, PutsUnseen(restart_service)])

    ended = await started(agent)

    assert ran == []
    assert gateway.messenger.posts == []
    (said,) = told(ended.value)
    assert said.startswith("call_not_gated: ")
    assert [m.status for m in ended.value["messages"] if isinstance(m, ToolMessage)] == ["error"]


async def test_without_a_loop_it_is_stopped_alike(gateway: GatewayInTest, gate: Gate) -> None:
    agent = an_agent([ApprovalMiddleware(gate), PutsUnseen(restart_service)])
    asked: Any = {"messages": [HumanMessage("go")]}

    ended = await asyncio.to_thread(agent.invoke, asked, CONFIG)

    assert (ran, gateway.messenger.posts) == ([], [])
    assert told(ended)[0].startswith("call_not_gated: ")


async def test_the_tools_that_a_body_calls_are_the_bodys_own(
    gateway: GatewayInTest, gate: Gate
) -> None:
    @tool("restart_service")
    async def restart_all(service: str) -> str:
        """Restart a service by way of another tool."""
        return str(await restart_service.ainvoke({"service": service}))

    agent = an_agent([ApprovalMiddleware(gate)], tools=[restart_all])

    said = await asked_then_run(agent, gateway, gate)

    assert said == ["web restarted"]


@pytest.mark.parametrize(
    "other",
    [
        ToolRetryMiddleware(max_retries=1, initial_delay=0, jitter=False),
        ToolErrorMiddleware(on_error=lambda error, _request: f"it failed: {error}"),
        Swallows(),
        Rewords(),
    ],
    ids=lambda other: type(other).__name__,
)
async def test_a_pause_is_no_failure_to_a_middleware_inside(
    gateway: GatewayInTest, gate: Gate, other: Any
) -> None:
    agent = an_agent([ApprovalMiddleware(gate), other])

    said = await asked_then_run(agent, gateway, gate)

    assert ran == ["web"]
    assert said == ["web restarted"]


async def test_a_failure_of_the_body_is_still_one_to_a_middleware_inside(
    gateway: GatewayInTest, gate: Gate
) -> None:
    @tool("restart_service")
    async def failing(service: str) -> str:
        """Fail."""
        ran.append(service)
        raise OSError("no route")

    agent = an_agent([ApprovalMiddleware(gate), Swallows()], tools=[failing])
    await started(agent)
    await gateway.clicks((await gateway.pending()).id)

    values = await resume_paused(agent, CONFIG, gate=gate)

    assert ran == ["web"]
    assert told(values) == ["it failed"]


async def test_langchains_own_middlewares_are_not_told_of_a_pause(
    gateway: GatewayInTest, gate: Gate
) -> None:
    told_of: list[Exception] = []
    watching = ToolErrorMiddleware(on_error=lambda error, _request: told_of.append(error))

    said = await asked_then_run(an_agent([ApprovalMiddleware(gate), watching]), gateway, gate)

    assert told_of == []
    assert said == ["web restarted"]
