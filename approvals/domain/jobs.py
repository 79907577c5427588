"""The closed set of jobs: effects saved with their cause, made true outside later.

A job carries only an id; its handler reads what is true now and makes the outside match, so doing
it twice is harmless. One row per (kind, subject): asking again raises the generation, and a
worker that finished an older generation leaves the job in place.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class JobKind(StrEnum):
    """What a job makes true."""

    CARD = "card"
    """Make every card of a request show the request's latest version."""
    RUN = "run"
    """Make a run's root message show its latest version, and its answer stand below it."""
    REMINDER = "reminder"
    """Remind people of a request, once; the subject is the request and the reminder's number."""
    HOME = "home"
    """Make one person's App Home show what is true."""
    WEBHOOK = "webhook"
    """Tell a webhook of a rung; the subject is the request and the rung's number, from 0."""
    CALLBACK = "callback"
    """Tell the webhook its asker named how a request ended; the subject is the request."""
    POLICY = "policy"
    """Tell in the policy's channel that it changed; the subject is the new version."""
    RESUME = "resume"
    """Let a run that waits go on, if there is something to go on with."""
    ANSWER = "answer"
    """Let an agent answer an approver's question; the subject is the request and its number."""
    FREEZE = "freeze"
    """Make channels and cards tell whether a scope is frozen; end its freeze when it is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One effect to be made true."""

    kind: JobKind
    subject: str
    run_at: datetime
    generation: int = 1
    attempt: int = 0
    owner: str | None = None
