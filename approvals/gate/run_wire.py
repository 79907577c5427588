"""What programs and the gateway say to each other about agent tasks, over HTTP: beside `wire`."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from approvals.domain.run import TASK_MAX_CHARS, RunCause, RunStatus
from approvals.gate import wire

NAME_MAX_CHARS = 80


class StartRun(wire.Asks):
    """A task for an agent that the gateway runs, in the name of the key's owner."""

    agent: Annotated[str, Field(min_length=1, max_length=NAME_MAX_CHARS)]
    task: Annotated[str, Field(min_length=1, max_length=TASK_MAX_CHARS)]
    channel: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """Where it is told, and whose rules hold; a key of one channel may leave it out."""


class CancelRun(wire.Asks):
    """The starter wants it ended."""


class Waits(wire.Answers):
    """A question of a run that people have not answered."""

    id: str
    tool: str
    expires_at: datetime


class Run(wire.Answers):
    """One run of a task as it stands."""

    id: str
    status: RunStatus
    cause: RunCause | None
    agent: str
    starter: str
    channel: str
    answer: str | None
    """The agent's final words; null unless it succeeded."""
    reason: str | None
    """Why there is no answer."""
    steps: int
    """Model turns and tool calls so far."""
    pending: list[Waits]
    """What it waits for."""
    version: int
    created_at: datetime
    ended_at: datetime | None
    ended_by: str | None
