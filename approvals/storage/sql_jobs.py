"""The outbox's table, as a transaction sees it: keyed, delayed, claimed under a lease.

A part of `SqlTransaction`. A worker whose lease went to another attempt changes nothing. Jobs are
written when the unit has ended, in the order of their keys, so that no unit waits for another that
waits for it.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from approvals.domain.jobs import Job
from approvals.storage import columns, rows, statements
from approvals.storage.executor import Executor
from approvals.storage.sql_work import SqlWork

_log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""How long a claimed job is left to its worker before it falls due again."""


class SqlJobs(SqlWork):
    """Jobs of one unit."""

    def __init__(self, executor: Executor) -> None:
        super().__init__(executor)
        self.has_jobs = False
        self._changes: list[tuple[tuple[str, str], Callable[[], object]]] = []

    def enqueue(self, job: Job) -> None:
        """Insert the job, or raise the generation (and keep the earlier run_at) of the same one."""
        values = rows.job_to_row(job)
        self._later(job, lambda: self._run(statements.ENQUEUE, values))
        self.has_jobs = True

    def enqueue_if_new(self, job: Job) -> None:
        """Insert the job, unless the same one waits already."""
        values = rows.job_to_row(job)
        self._later(job, lambda: self._run(statements.ENQUEUE_IF_NEW, values))
        self.has_jobs = True

    def due_jobs(self, now: datetime, *, owner: str, limit: int) -> Sequence[Job]:
        """Claim due jobs for *owner*, each for the length of the lease; earliest first."""
        values = {
            "now": columns.time_to_text(now),
            "limit": limit,
            "new_owner": owner,
            "lease_ends_at": columns.time_to_text(now + LEASE),
        }
        claimed = []
        for row in self._run(statements.CLAIM_JOBS, values).fetchall():
            try:
                claimed.append(rows.job_from_row(row))
            except ValueError:  # its lease keeps it out of the way of the others
                _log.exception("Job %s:%s cannot be read", row["kind"], row["subject"])
        return sorted(claimed, key=lambda job: (job.run_at, job.kind, job.subject))

    def hasten_jobs(self, now: datetime) -> None:
        """Let every job that waits to be tried again be due *now*."""
        self._run(statements.HASTEN_JOBS, {"now": columns.time_to_text(now)})
        self.has_jobs = True

    def release_all_jobs(self) -> None:
        """Take all claims back: whoever held one is dead. Called before anybody claims."""
        self._run(statements.RELEASE_ALL_JOBS, {})

    def finish_job(self, job: Job) -> None:
        """Remove the job, or make it due again at once if it was asked for anew meanwhile."""
        self._later(job, lambda: self._finish(job))

    def postpone_job(self, job: Job, run_at: datetime, *, is_failure: bool = True) -> None:
        """Give the job back, due at *run_at*; unless *is_failure* this attempt is not counted."""
        values = {
            **_held(job),
            "again_at": columns.time_to_text(run_at),
            "failed_attempts": job.attempt - (not is_failure),
        }
        self._later(job, lambda: self._run(statements.POSTPONE_JOB, values))
        self.has_jobs = True

    def write_jobs(self) -> None:
        """Do what was asked of jobs, by kind and subject; of one job in the order it was asked."""
        for _, change in sorted(self._changes, key=itemgetter(0)):
            change()
        self._changes.clear()

    def _later(self, job: Job, change: Callable[[], object]) -> None:
        self._changes.append(((job.kind.value, job.subject), change))

    def _finish(self, job: Job) -> None:
        done = {**_held(job), "done_generation": job.generation}
        if not self._run(statements.FINISH_JOB, done).rowcount:
            self._run(statements.RELEASE_JOB, _held(job))
            self.has_jobs = True


def _held(job: Job) -> dict[str, Any]:
    return {
        "job_kind": job.kind.value,
        "job_subject": job.subject,
        "holder": job.owner,
        "held_attempt": job.attempt,
    }
