"""A pydantic-ai agent that pauses for a person, and goes on from what was stored.

docs/how-to/pydantic-ai.md says more. The model is scripted, so that no key is needed; as long as
the gate answers from a script too, nothing else is. Drop `scripted(…)` for `async with gate:`.
"""

import asyncio
from typing import Any

from pydantic_ai import Agent, DeferredToolRequests
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import FunctionModel

from approvals.gate import Gate
from approvals.gate.pydantic_ai import Approvals, resume
from approvals.gate.testing import edited, scripted

gate = Gate(agent="deploy-bot", channel="#prod-incidents")


def restart_service(name: str, drain_s: int = 30) -> str:
    """Restart a service after letting it drain."""
    return f"{name} restarted after {drain_s} s"


def model(messages: list[Any], _: Any) -> ModelResponse:
    """Call the tool once, then say what it was told."""
    parts = [part for message in messages for part in message.parts]
    told = [part.content for part in parts if isinstance(part, ToolReturnPart)]
    if told:
        return ModelResponse(parts=[TextPart(str(told[-1]))])
    return ModelResponse(parts=[ToolCallPart("restart_service", {"name": "checkout"})])


def an_agent() -> Any:
    """Make the agent; `capabilities=` is all that Sayso adds."""
    agent = Agent(
        FunctionModel(model),
        output_type=[str, DeferredToolRequests],
        capabilities=[Approvals(gate=gate, pauses=True)],
    )
    agent.tool_plain(restart_service, requires_approval=True)
    return agent


async def main() -> None:
    """Run it; the person who answers lets it drain longer."""
    async with scripted(gate, edited(drain_s=90)):
        result = await an_agent().run("restart checkout, please")
        if isinstance(result.output, DeferredToolRequests):  # people have yet to decide
            result = await resume(an_agent(), result.all_messages(), result.output, gate=gate)
    print(result.output)


if __name__ == "__main__":
    asyncio.run(main())
