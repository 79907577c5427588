"""One execution of an agent task: a row with nothing in memory while people decide.

Opened by `operations/start_run`, changed only by `run_lifecycle.advance_run()`. What the agent has
said and done stands in its LangGraph checkpoint, under the conversation's id; losing that loses
progress, never a decision.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from approvals.domain.ids import (
    SHORT_ID_CHARS,
    ChannelId,
    ConversationId,
    RunId,
    TeamId,
    UserId,
)

TASK_MAX_CHARS = 40_000


class RunStatus(StrEnum):
    """Where a run stands. The last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED})


class RunCause(StrEnum):
    """Why a run ended so."""

    ANSWERED = "answered"
    """The agent gave its final answer."""
    LIMIT = "limit"
    """One of the agent's limits was reached; the reason says which."""
    MODEL = "model"
    """The model could not be reached, refused, or answered nonsense."""
    AGENT = "agent"
    """The agent cannot work: it is not configured any more, or its tools did not load."""
    UNDELIVERABLE = "undeliverable"
    """Its thread could not be shown to anyone, so it was not started."""
    ERROR = "error"
    """Something unexpected; the log has it under the run's id."""
    PERSON = "person"
    """A person cancelled it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as stored. `version` grows with every change; its thread shows a version."""

    id: RunId
    status: RunStatus = RunStatus.QUEUED
    cause: RunCause | None = None
    agent: str
    starter: UserId
    team: TeamId | None = None
    channel: ChannelId
    task: str
    """What the person asked, as typed; at most TASK_MAX_CHARS."""
    conversation: ConversationId
    """The checkpoint's thread; a reply or a retry is a new run of the same conversation."""
    continues: RunId | None = None
    """The run of the same conversation before this one."""
    said_with: str | None = None
    """The message or form it was asked with, which starts one run however often it comes."""
    owner: str | None = None
    """The lease: the gateway process that runs it now; None unless `running`."""
    steps: int = 0
    """Model turns and tool calls so far."""
    tokens: int = 0
    aside_in: int = 0
    """Tokens its model read to answer approvers' questions, which stand in no message of it."""
    aside_out: int = 0
    """Tokens it wrote for that."""
    activity: str | None = None
    """The tool being called now, for the status line."""
    active: timedelta = timedelta(0)
    """Time spent `running`, without the stretch that is under way."""
    resumed_at: datetime | None = None
    """When the stretch under way began; None unless `running`."""
    version: int = 1
    created_at: datetime
    ended_at: datetime | None = None
    ended_by: UserId | None = None
    answer: str | None = None
    """The agent's final words; None unless it succeeded."""
    reason: str | None = None
    """A sentence that says why there is no answer."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen in this run."""
        return self.status in ENDED

    @property
    def short_id(self) -> str:
        """The last characters of the id, by which people name a run."""
        return self.id[-SHORT_ID_CHARS:]

    def active_until(self, now: datetime) -> timedelta:
        """Return the time spent `running`, the stretch under way included."""
        return self.active + (now - self.resumed_at if self.resumed_at else timedelta(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunThread:
    """Where a run is told: its root message, which shows a version, and the answer below it."""

    run_id: RunId
    channel: ChannelId
    thread_ts: str | None = None
    """The thread the root stands in, where the task was started inside one."""
    nonce: str
    """Carried by the root's buttons."""
    root_ts: str | None = None
    version_shown: int = 0
    answer_ts: str | None = None

    @property
    def replies_to(self) -> str | None:
        """The ts that replies belong to; None until the root is posted."""
        return self.thread_ts or self.root_ts


@dataclass(frozen=True, slots=True, kw_only=True)
class RunNote:
    """Words people said to a run while it could not listen; kept for its next model turn.

    They never decide anything (case X6).
    """

    id: str
    run_id: RunId
    user: UserId
    text: str
    said_with: str | None = None
    """The message it was said with, which is kept once however often it comes."""
    at: datetime
    heard_at: datetime | None = None
    """When the agent read it; None for words that wait."""
