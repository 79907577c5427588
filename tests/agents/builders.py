"""Tasks, agents and a thread that remembers, good by default."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from approvals.domain.ids import ChannelId, RunId, TeamId, UserId
from bot.agents.spec import AgentSpec, AgentTask, ModelSettings, TaskLimits

CHANNEL = ChannelId("C0PROD")


@dataclass(slots=True)
class RecordingThread:
    """A thread that keeps what it is told, in order."""

    told: list[tuple[str, str]] = field(default_factory=list)

    async def step(self, text: str) -> None:
        self.told.append(("step", text))

    async def answer(self, text: str) -> None:
        self.told.append(("answer", text))

    async def failed(self, text: str) -> None:
        self.told.append(("failed", text))

    @property
    def steps(self) -> list[str]:
        return [text for kind, text in self.told if kind == "step"]

    @property
    def ending(self) -> tuple[str, str]:
        """The one ending there may be."""
        endings = [entry for entry in self.told if entry[0] != "step"]
        assert endings == self.told[-1:]
        return endings[0]


def a_task(prompt: str, *, channel: ChannelId = CHANNEL) -> AgentTask:
    return AgentTask(
        run_id=RunId("RUN1"),
        channel_id=channel,
        requester_id=UserId("U0ALICE"),
        team_id=TeamId("T0LOCAL"),
        thread_ts="171.001",
        prompt=prompt,
    )


def an_agent(
    model: ModelSettings, tools: Sequence[Any], *, limits: TaskLimits | None = None
) -> AgentSpec:
    return AgentSpec(
        name="ops",
        system_prompt="You look after services.",
        model=model,
        tools=tools,
        channels=frozenset({CHANNEL}),
        limits=limits or TaskLimits(),
    )
