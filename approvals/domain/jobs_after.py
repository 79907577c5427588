"""Which jobs a change of a request brings: what is true now has to be made true outside."""

from datetime import datetime

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.jobs import Job, JobKind


def card_job(request: ApprovalRequest, run_at: datetime) -> Job:
    """Return the job that makes the cards that show *request* tell what is true."""
    return Job(kind=JobKind.CARD, subject=request.shown_by, run_at=run_at)


def resuming_jobs(request: ApprovalRequest, now: datetime) -> tuple[Job, ...]:
    """Return what an end, or a settlement, of *request* makes true outside."""
    if request.run_id is None:
        return (card_job(request, now),)
    return card_job(request, now), Job(kind=JobKind.RESUME, subject=request.run_id, run_at=now)


def callback_jobs(request: ApprovalRequest, now: datetime) -> tuple[Job, ...]:
    """Return what tells the webhook its asker named, if any, that *request* has ended."""
    named = request.callback is not None
    return (Job(kind=JobKind.CALLBACK, subject=request.id, run_at=now),) if named else ()
