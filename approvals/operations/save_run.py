"""Save one step of a run, and close what it leaves open: the shared endings of the run verbs."""

from dataclasses import replace
from datetime import datetime

from approvals.domain.approval_request import ApprovalRequest, Cause
from approvals.domain.ids import UserId
from approvals.domain.lifecycle import PermitEvent, advance, advance_permit, settle
from approvals.domain.permit import PermitState, Settlement, is_unsettled
from approvals.domain.run import Run
from approvals.domain.run_lifecycle import RunStep, run_job
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction
from approvals.operations.save_step import save_step


def save_run_step(tx: Transaction, step: RunStep) -> None:
    """Store everything that belongs to *step* of a run that was stored before."""
    tx.save_run(step.run)
    tx.record(step.event)
    for job in step.jobs:
        tx.enqueue(job)


def show_run(tx: Transaction, run: Run, *, now: datetime) -> None:
    """Let the thread of a run that this unit holds tell what has changed of what it waits for."""
    moved = replace(run, version=run.version + 1)
    tx.save_run(moved)
    tx.enqueue(run_job(moved, now))


def close_requests(tx: Transaction, desk: Desk, run: Run, *, by: UserId | None = None) -> None:
    """Leave nothing to be decided or run of a run that has ended."""
    for request in tx.requests_of_run(run.id):
        _close(tx, desk, request, by=by)


def _close(tx: Transaction, desk: Desk, request: ApprovalRequest, *, by: UserId | None) -> None:
    now = desk.clock.now()
    if request.is_pending:
        save_step(tx, advance(request, Cause.REQUESTER, now=now, by=by))
        return
    permit = tx.permit(request.id)
    if permit is not None and permit.state is PermitState.UNCLAIMED:
        save_step(tx, advance_permit(request, permit, PermitEvent.LAPSE, now=now))
    elif permit is not None and is_unsettled(permit):
        # Its card asks no more: no answer could change anything.
        save_step(tx, settle(request, permit, Settlement.GAVE_UP, by=by, now=now))
