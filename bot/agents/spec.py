"""What an agent is: the nouns of the agent runner. Nothing here imports a framework.

Made by the composition from settings and files; read by `runner` and what it calls.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import SecretStr

from approvals.domain.ids import ChannelId

LoadTools = Callable[[], Awaitable[Sequence[Any]]]
"""Returns the agent's tools, guarded or not yet; raises ToolsNotLoaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """An OpenAI-compatible model: where it is, what it is called, the key for it, its price."""

    base_url: str
    model: str
    api_key: SecretStr
    timeout_s: float = 120.0
    retries: int = 2
    usd_per_million_in: float = 0.0
    """Price of a million tokens the model reads; 0 is not counted."""
    usd_per_million_out: float = 0.0
    """Price of a million tokens the model writes."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """More arguments of `ChatOpenAI`; they win over those above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLimits:
    """How far one run may go. A run that goes further ends, and its reason names the limit."""

    model_turns_max: int = 20
    tool_calls_max: int = 40
    same_failure_max: int = 2
    """How often one call may fail in the same way before its repetition ends the run."""
    tokens_max: int = 200_000
    usd_max: float | None = None
    """What its model turns may cost, by the prices of the model's settings."""
    pending_max: int = 10
    """Questions of one run that may wait at once; calls beyond are answered `not run`."""
    active_max: timedelta = timedelta(hours=1)
    """Time spent running; waiting for people does not count."""
    tool_timeout: timedelta = timedelta(minutes=5)
    """How long one tool's body may take; waiting for people does not count."""
    result_max_chars: int = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSpec:
    """One agent of the configuration; `channels` are the ids of those it may be started in."""

    name: str
    system_prompt: str
    model: ModelSettings
    load_tools: LoadTools
    channels: frozenset[ChannelId]
    limits: TaskLimits = field(default_factory=TaskLimits)


FindAgent = Callable[[str], AgentSpec | None]
"""Returns the agent of a name as it is configured now."""


def agents_by_name(agents: Sequence[AgentSpec]) -> FindAgent:
    """Return how agents that never change are found."""
    by_name = {spec.name: spec for spec in agents}
    return by_name.get


def given_tools(tools: Sequence[Any]) -> LoadTools:
    """Return how tools that are there already are loaded."""

    async def load() -> Sequence[Any]:
        return tools

    return load
