"""Builds an agent's graph: the model, its tools behind the gate, and where its state is kept.

Imports LangChain, which takes seconds: `built_agents` imports it in a thread, once.
"""

from collections.abc import Sequence
from typing import Any

import httpx
from langchain.agents import create_agent
from langgraph.checkpoint.base import BaseCheckpointSaver

from approvals.gate import Gate
from approvals.gate.langchain import ApprovalMiddleware
from bot.agents.at_work import RunAtWork
from bot.agents.errors import AgentNotBuilt
from bot.agents.langchain_middleware import TaskMiddleware
from bot.agents.langchain_model import chat_model
from bot.agents.spec import AgentSpec


def build_graph(
    spec: AgentSpec,
    tools: Sequence[Any],
    *,
    gate: Gate,
    client: httpx.AsyncClient,
    saver: BaseCheckpointSaver[Any],
) -> Any:
    """Return the compiled graph of an agent. Takes tens of milliseconds: call it in a thread.

    Raises:
        AgentNotBuilt: its model's options or its tools do not fit.
    """
    try:
        return create_agent(
            chat_model(spec.model, client),
            list(tools),
            system_prompt=spec.system_prompt,
            middleware=[TaskMiddleware(), ApprovalMiddleware(gate)],
            context_schema=RunAtWork,
            checkpointer=saver,
        )
    except (TypeError, ValueError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise AgentNotBuilt(f"The agent {spec.name} cannot be made of its settings: {said}") from (
            error
        )
