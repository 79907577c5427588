"""An agent on LangGraph that pauses for a person, and goes on in another process.

`start()` and `go_on()` share nothing but files: the gateway's rows, and LangGraph's checkpoints.
docs/how-to/langgraph-pause.md says more. The model is scripted, so that no key is needed; where to
ask is set in the environment, as `sayso serve` wants it.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from langchain.agents import create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from approvals.gate import Gate
from approvals.gate.langchain import ApprovalMiddleware, paused_requests, resume_paused
from bot.settings import SettingsInvalid

gate = Gate(agent="deploy-bot", channel="#prod-incidents")
CONFIG: Any = {"configurable": {"thread_id": "incident-42"}}


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


@asynccontextmanager
async def an_agent() -> AsyncIterator[Any]:
    """Open what one process holds: the gateway, the checkpoints, and the agent."""
    async with gate, AsyncSqliteSaver.from_conn_string("checkpoints.db") as saver:
        yield create_agent(
            ScriptedModel(),
            [restart_service],
            middleware=[ApprovalMiddleware(gate)],
            checkpointer=saver,
        )


async def start() -> None:
    """Run the agent until it pauses."""
    async with an_agent() as agent:
        task = {"messages": [("user", "restart checkout, please")]}
        paused = await agent.ainvoke(task, CONFIG, version="v2", durability="sync")
        print(f"paused for {len(paused_requests(paused.interrupts))} answer")


async def go_on() -> None:
    """Go on in another process, as soon as people have decided."""
    async with an_agent() as agent:
        values = await resume_paused(agent, CONFIG, gate=gate)
        print(values["messages"][-1].text)


if __name__ == "__main__":
    try:
        asyncio.run(start())
        asyncio.run(go_on())
    except SettingsInvalid as why:
        sys.exit(str(why))
