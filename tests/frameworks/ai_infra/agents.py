"""Real ai-infra agents whose chat model calls what a test names, once; and tools that note it."""

import asyncio
from typing import Any

from ai_infra.llm import Agent
from langchain_core.messages import ToolCall

from tests.gate.scripted_agent import ScriptedModel

ran: list[dict[str, Any]] = []
failures: list[str] = []


async def restart_service(name: str, drain_s: int = 30) -> str:
    """Restart a service."""
    ran.append({"name": name, "drain_s": drain_s})
    if failures:
        raise RuntimeError(failures.pop())
    return f"{name} restarted"


async def read_status(name: str) -> str:
    """Read how a service does."""
    ran.append({"name": name})
    return f"{name} is up"


async def drop_table(name: str) -> str:
    """Drop a table."""
    ran.append({"name": name})
    return f"{name} dropped"


async def restart_slowly(name: str) -> str:
    """Restart a service, and take an hour."""
    ran.append({"name": name})
    await asyncio.sleep(3600)
    return f"{name} restarted"


TOOLS = [restart_service, read_status, drop_table, restart_slowly]


def an_agent(*calls: ToolCall, tools: Any = TOOLS, **also: Any) -> Agent:
    """An agent whose model makes these *calls*, then repeats what the tools said."""
    agent = Agent(tools=list(tools), provider="openai", model_name="scripted", **also)
    agent.registry._models["openai:scripted"] = ScriptedModel(calls=list(calls))
    return agent


def content(answer: Any) -> str:
    """What the agent said last: `arun` returns a text, or more where it has a session."""
    return str(answer if isinstance(answer, str) else answer.content)
