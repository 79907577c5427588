"""Agents of the SDK whose model calls what a test names, once; and tools that note it."""

import asyncio
from typing import Any

from agents import Agent, RunConfig, function_tool
from agents.testing import ScriptedModel, assistant_message, function_call

from approvals.domain.ids import RequestId
from approvals.gate import EndUnknown, Gate
from approvals.gate.openai_agents import guard_tools
from tests.engine.gateway_in_test import GatewayInTest

ran: list[dict[str, Any]] = []
QUIET = RunConfig(tracing_disabled=True)


@function_tool
async def restart_service(name: str, drain_s: int = 30) -> str:
    """Restart a service."""
    ran.append({"name": name, "drain_s": drain_s})
    if name == "broken":
        raise RuntimeError("it did not come back")
    return f"{name} restarted"


@function_tool
def read_status(name: str) -> str:
    """Read how a service does."""
    ran.append({"name": name})
    return f"{name} is up"


@function_tool
async def drop_table(name: str) -> str:
    """Drop a table."""
    ran.append({"name": name})
    return f"{name} dropped"


@function_tool(failure_error_function=None)
async def restart_or_end(name: str) -> str:
    """Restart a service; a failure ends the run."""
    ran.append({"name": name})
    raise RuntimeError("it did not come back")


@function_tool
async def restart_slowly(name: str) -> str:
    """Restart a service, and take an hour."""
    ran.append({"name": name})
    await asyncio.sleep(3600)
    return f"{name} restarted"


@function_tool
async def restart_blindly(name: str) -> str:
    """Restart a service, and never hear of it again."""
    ran.append({"name": name})
    raise EndUnknown("the line went dead")


TOOLS = [
    *(restart_service, read_status, drop_table, restart_or_end),
    *(restart_slowly, restart_blindly),
]


def call(tool: str, call_id: str = "call_1", /, **arguments: Any) -> Any:
    return function_call(tool, arguments, call_id=call_id)


def an_agent(gate: Gate, *calls: Any, pauses: bool = False, said: str = "done") -> Any:
    """With *calls* its model makes them first; without, it only says the last word."""
    steps: list[Any] = [list(calls)] if calls else []
    return Agent(
        name="ops",
        model=ScriptedModel([*steps, [assistant_message(said)]]),
        tools=list(guard_tools(gate, TOOLS, pauses=pauses)),
    )


def outputs(result: Any) -> list[str]:
    """What the tools of a run said to the model."""
    items = result.to_input_list()
    return [str(each["output"]) for each in items if each.get("type") == "function_call_output"]


async def asked(gateway: GatewayInTest) -> dict[str, RequestId]:
    """The questions that were put, by the argument `name` of their calls."""
    await gateway.delivered()
    requests = [content.request for content in gateway.messenger.posts]
    return {str(each.call.arguments["name"]): each.id for each in requests}
