"""Agents, and a thread that remembers, good by default."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.agents.spec import AgentSpec, ModelSettings, TaskLimits, given_tools
from tests.engine.gateway_in_test import OPS

AGENT = "ops"


@dataclass(slots=True)
class RecordingThread:
    """A thread that keeps what it is told, in order."""

    steps: list[str] = field(default_factory=list)

    async def step(self, text: str) -> None:
        self.steps.append(text)


def an_agent(
    model: ModelSettings,
    tools: Sequence[Any],
    *,
    name: str = AGENT,
    limits: TaskLimits | None = None,
) -> AgentSpec:
    return AgentSpec(
        name=name,
        system_prompt="You look after services.",
        model=model,
        load_tools=given_tools(tools),
        channels=frozenset({OPS}),
        limits=limits or TaskLimits(),
    )
