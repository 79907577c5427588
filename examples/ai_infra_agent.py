"""An ai-infra agent whose tools ask in Slack, for whoever the session belongs to.

docs/how-to/ai-infra.md says more. The model is scripted, so that no key is needed; as long as the
gate answers from a script too, nothing else is. Drop `scripted(…)` for `async with gate:`.
"""

import asyncio
from typing import Any

from ai_infra.llm import Agent
from ai_infra.llm.session import memory
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from approvals.gate import Gate
from approvals.gate.ai_infra import approval_handler
from approvals.gate.testing import approved, scripted

gate = Gate(agent="deploy-bot", channel="#prod-incidents")
PEOPLE = {"alice-7": "U0ALICE"}
"""Whom each session belongs to; who it is cannot approve what it asks for."""


async def restart_service(name: str) -> str:
    """Restart a service."""
    return f"{name} restarted"


class ScriptedModel(BaseChatModel):
    """Calls the tool once, then says what it was told."""

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **_: Any) -> Any:
        """Know the tools already."""
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        told = [message.text for message in messages if isinstance(message, ToolMessage)]
        call = {"name": "restart_service", "args": {"name": "checkout"}, "id": "call_1"}
        answer = AIMessage(told[-1]) if told else AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=answer)])


def an_agent() -> Any:
    """Make the agent; `approval_handler=` is all that Sayso adds."""
    tools = [restart_service]
    agent = Agent(
        tools=tools,
        provider="openai",
        model_name="scripted",
        session=memory(),
        approval_handler=approval_handler(
            gate, tools, sessions=lambda session: gate.calling(person=PEOPLE[session])
        ),
    )
    agent.registry._models["openai:scripted"] = ScriptedModel()
    return agent


async def main() -> None:
    """Run one session."""
    async with scripted(gate, approved()) as script:
        answer = await an_agent().arun("restart checkout, please", session_id="alice-7")
    (asked,) = script.asked
    print(f"asked for {', '.join(asked.people)}: {asked.tool}({asked.arguments['name']})")
    print(answer.content)


if __name__ == "__main__":
    asyncio.run(main())
