"""Real pydantic-ai agents whose model calls what a test names, once; and tools that note it."""

import asyncio
from typing import Any

from pydantic_ai import Agent, DeferredToolRequests, ModelRetry
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import FunctionModel

ran: list[dict[str, Any]] = []


def restart_service(name: str, drain_s: int = 30) -> str:
    """Restart a service."""
    ran.append({"name": name, "drain_s": drain_s})
    return f"{name} restarted"


def read_status(name: str) -> dict[str, str]:
    """Read how a service does."""
    ran.append({"name": name})
    return {name: "up"}


def drop_table(name: str) -> str:
    """Drop a table."""
    ran.append({"name": name})
    return f"{name} dropped"


def restart_badly(name: str) -> str:
    """Restart a service, in vain."""
    ran.append({"name": name})
    raise ModelRetry("no such host")


async def restart_slowly(name: str) -> str:
    """Restart a service, and take an hour."""
    ran.append({"name": name})
    await asyncio.sleep(3600)
    return f"{name} restarted"


def say(text: str) -> str:
    """Say something; nobody has to approve it."""
    return text


def call(tool: str, call_id: str = "call_1", /, **args: Any) -> ToolCallPart:
    return ToolCallPart(tool, args, tool_call_id=call_id)


def an_agent(*calls: ToolCallPart, capabilities: Any) -> Any:
    """An agent whose model makes these *calls*, then repeats what the tools said."""

    def model(messages: Any, info: Any) -> ModelResponse:
        told = [part for part in parts(messages) if isinstance(part, ToolReturnPart)]
        if len(told) < len(calls):
            return ModelResponse(parts=list(calls))
        return ModelResponse(parts=[TextPart(" | ".join(str(part.content) for part in told))])

    agent = Agent(
        FunctionModel(model),
        output_type=[str, DeferredToolRequests],
        capabilities=capabilities,
    )
    for tool in (restart_service, read_status, drop_table, restart_badly, restart_slowly):
        agent.tool_plain(tool, requires_approval=True)
    agent.tool_plain(say)
    return agent


def parts(messages: Any) -> list[Any]:
    return [part for message in messages for part in message.parts]


def returned(result: Any, call_id: str = "call_1") -> Any:
    """What the model was told of a call."""
    (part,) = (
        part
        for part in parts(result.all_messages())
        if isinstance(part, ToolReturnPart) and part.tool_call_id == call_id
    )
    return part
