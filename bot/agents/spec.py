"""What an agent is and what a task is: the nouns of the agent runner.

Made by the composition from settings; read by `task_runner`. Nothing here imports a framework.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from approvals.domain.ids import ChannelId, RunId, TeamId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """An OpenAI-compatible model: where it is, what it is called, the key for it."""

    base_url: str
    model: str
    api_key: SecretStr
    timeout_s: float = 120.0
    retries: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLimits:
    """How far one task may go. A model that goes further is stopped, and the thread says so."""

    model_turns_max: int = 20
    tool_calls_max: int = 40
    same_failure_max: int = 2
    tokens_max: int = 200_000
    result_max_chars: int = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSpec:
    """One agent of the configuration. `tools` are guarded already; `channels` are channel ids."""

    name: str
    system_prompt: str
    model: ModelSettings
    tools: Sequence[Any]
    channels: frozenset[ChannelId]
    limits: TaskLimits = field(default_factory=TaskLimits)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTask:
    """One thing a person asked an agent to do, in one channel."""

    run_id: RunId
    channel_id: ChannelId
    requester_id: UserId
    prompt: str
    team_id: TeamId | None = None
    thread_ts: str | None = None
    """The thread the task is told in; its cards belong there too."""
