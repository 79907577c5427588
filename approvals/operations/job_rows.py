"""The part of `Transaction` that is about jobs: effects saved with their cause.

Synchronous like the rest of it; storage implements all parts in one class.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from approvals.domain.jobs import Job


class JobRows(Protocol):
    """The outbox."""

    def enqueue(self, job: Job) -> None:
        """Insert the job, or raise the generation (and keep the earlier run_at) of the same one."""
        ...

    def enqueue_if_new(self, job: Job) -> None:
        """Insert the job, unless the same one waits already."""
        ...

    def due_jobs(self, now: datetime, *, owner: str, limit: int) -> Sequence[Job]:
        """Claim due jobs for *owner* and return them; each attempt is counted."""
        ...

    def hasten_jobs(self, now: datetime) -> None:
        """Let every job that waits to be tried again be due *now*."""
        ...

    def finish_job(self, job: Job) -> None:
        """Remove the job if its generation is still *job*'s; else make it due again at once."""
        ...

    def postpone_job(self, job: Job, run_at: datetime, *, is_failure: bool = True) -> None:
        """Give the job back, due at *run_at*; unless *is_failure* this attempt is not counted."""
        ...
