"""The transition table of runs. The only code that changes a run's status.

Same shape as `lifecycle`: operations load a run, call `advance_run()`, and save what comes back.
`docs/reference/statuses.md` is drawn from this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from approvals.domain import run_errors
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.ids import UserId
from approvals.domain.jobs import Job, JobKind
from approvals.domain.run import Run, RunCause, RunStatus


class RunEvent(StrEnum):
    """What can happen to a run."""

    TAKE = "take"
    """A process takes the lease and goes on with it."""
    PAUSE = "pause"
    """It waits for people; the lease is given up."""
    LOSE = "lose"
    """The process that ran it died or stopped; another goes on from the last checkpoint."""
    SUCCEED = "succeed"
    FAIL = "fail"
    CANCEL = "cancel"


RUN_TRANSITIONS: Mapping[tuple[RunStatus, RunEvent], RunStatus] = {
    (RunStatus.QUEUED, RunEvent.TAKE): RunStatus.RUNNING,
    (RunStatus.PAUSED, RunEvent.TAKE): RunStatus.RUNNING,
    (RunStatus.RUNNING, RunEvent.PAUSE): RunStatus.PAUSED,
    (RunStatus.RUNNING, RunEvent.LOSE): RunStatus.PAUSED,
    (RunStatus.RUNNING, RunEvent.SUCCEED): RunStatus.SUCCEEDED,
    (RunStatus.RUNNING, RunEvent.FAIL): RunStatus.FAILED,
    (RunStatus.QUEUED, RunEvent.FAIL): RunStatus.FAILED,
    (RunStatus.PAUSED, RunEvent.FAIL): RunStatus.FAILED,
    (RunStatus.QUEUED, RunEvent.CANCEL): RunStatus.CANCELLED,
    (RunStatus.RUNNING, RunEvent.CANCEL): RunStatus.CANCELLED,
    (RunStatus.PAUSED, RunEvent.CANCEL): RunStatus.CANCELLED,
}

_EVENTS: Mapping[RunEvent, AuditName] = {
    RunEvent.TAKE: AuditName.RUN_RESUMED,
    RunEvent.PAUSE: AuditName.RUN_PAUSED,
    RunEvent.LOSE: AuditName.RUN_LOST,
    RunEvent.SUCCEED: AuditName.RUN_SUCCEEDED,
    RunEvent.FAIL: AuditName.RUN_FAILED,
    RunEvent.CANCEL: AuditName.RUN_CANCELLED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStep:
    """A changed run with the fact and the effects that belong to the change."""

    run: Run
    event: AuditEvent
    jobs: tuple[Job, ...]


def opened_run(run: Run) -> RunStep:
    """Return the first step of a new run: its root message is posted, and then it is taken."""
    assert run.status is RunStatus.QUEUED
    event = AuditEvent(
        name=AuditName.RUN_STARTED,
        subject=run.id,
        at=run.created_at,
        data={
            "agent": run.agent,
            "starter": run.starter,
            "channel": run.channel,
            "conversation": run.conversation,
            "continues": run.continues,
        },
    )
    return RunStep(run=run, event=event, jobs=(run_job(run, run.created_at),))


def advance_run(  # one step, whatever it is: the table says which of the values it may carry
    run: Run,
    event: RunEvent,
    *,
    now: datetime,
    owner: str | None = None,
    cause: RunCause | None = None,
    by: UserId | None = None,
    answer: str | None = None,
    reason: str | None = None,
) -> RunStep:
    """Move *run* on; the thread gets a job so that it shows the change.

    Raises:
        RunEnded: the run has ended before.
        RunNotReady: any other step that is not in the table, such as a second taking.
    """
    status = RUN_TRANSITIONS.get((run.status, event))
    if status is None:
        raise run_errors.RunEnded(run=run) if run.has_ended else run_errors.RunNotReady(run=run)
    takes = status is RunStatus.RUNNING
    ends = cause is not None
    moved = replace(
        run,
        status=status,
        cause=cause,
        owner=owner if takes else None,
        activity=None,
        active=run.active_until(now),
        resumed_at=now if takes else None,
        version=run.version + 1,
        ended_at=now if ends else None,
        ended_by=by,
        answer=answer,
        reason=reason,
    )
    assert moved.has_ended is ends
    told = AuditEvent(
        name=_EVENTS[event],
        subject=run.id,
        at=now,
        data={
            "cause": cause.value if cause else None,
            "by": by,
            "owner": owner,
            "steps": run.steps,
            "tokens": run.tokens,
        },
    )
    jobs = (run_job(moved, now), *((resume_job(moved, now),) if event is RunEvent.LOSE else ()))
    return RunStep(run=moved, event=told, jobs=jobs)


def run_job(run: Run, run_at: datetime) -> Job:
    """Return the job that makes the thread of *run* show what is true."""
    return Job(kind=JobKind.RUN, subject=run.id, run_at=run_at)


def resume_job(run: Run, run_at: datetime) -> Job:
    """Return the job that lets *run* go on."""
    return Job(kind=JobKind.RESUME, subject=run.id, run_at=run_at)
