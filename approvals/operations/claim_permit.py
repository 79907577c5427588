"""Just before the body runs: take the single-use right to run exactly what was approved.

Called by the gateway for its waiting caller. The claim is durable before the body starts, so that
a crash leaves `unknown` and never a second run.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from approvals.domain import errors, run_errors
from approvals.domain.approval_request import ApprovalRequest, Cause, Status
from approvals.domain.decision import Decision, Verdict
from approvals.domain.follow_up import end_of_use
from approvals.domain.freeze import refusal
from approvals.domain.ids import RequestId
from approvals.domain.lifecycle import PermitEvent, advance_permit
from approvals.domain.permit import Permit, PermitState, is_claim_of, may_repeat
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction
from approvals.operations.refuse_frozen import freeze_of
from approvals.operations.save_step import save_step
from approvals.operations.submit_request import lapses


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A request whose arguments may now run, once."""

    request: ApprovalRequest
    permit: Permit
    approvals: tuple[Decision, ...]
    """Those that led to it, oldest first; none where a rule allowed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimer:
    """Who runs the body, where it is not this process."""

    owner: str
    """Names the claim itself: claiming again under it gives the same claim, not another."""
    lease: timedelta
    """How long it may take; nobody here would notice its death."""


async def claim_permit(
    desk: Desk,
    request_id: RequestId,
    *,
    digest: str,
    repeats: bool = False,
    claimer: Claimer | None = None,
) -> Claimed:
    """Claim the permit and return the request, whose arguments may now run.

    It is claimed for this process, or for a *claimer* outside.

    *digest* is of the call its agent asked about. Where people changed it, what may run is the
    changed call of the request, and nothing else.

    An interrupted call is claimed again only where the tool *repeats*: it is declared idempotent.
    Nothing of a run that has ended is claimed.

    Raises:
        RequestUnknown, NotApproved, AlreadyClaimed, ArgsMismatch, RunEnded
        PermitLapsed: it was too old; that is now recorded.
        Frozen: a freeze is in force; the approval stays, and its time goes on.
        StoreUnavailable: nothing was stored, nothing may run.
    """
    claimed = await desk.store.write(
        lambda tx: _claim(tx, desk, request_id, digest=digest, repeats=repeats, claimer=claimer)
    )
    if isinstance(claimed, errors.Refusal):
        raise claimed
    return claimed


def _claim(
    tx: Transaction,
    desk: Desk,
    request_id: RequestId,
    *,
    digest: str,
    repeats: bool,
    claimer: Claimer | None,
) -> Claimed | errors.Refusal:
    request = tx.request(request_id)
    if request is None:
        raise errors.RequestUnknown
    permit = tx.permit(request_id)
    if request.status is not Status.APPROVED or permit is None:
        raise errors.NotApproved(request=request)
    if digest != request.asked_digest or permit.digest != request.call.digest:
        raise errors.ArgsMismatch
    # Not locked, as the request is held already: who ends a run locks its requests after it.
    run = tx.run(request.run_id, locked=False) if request.run_id is not None else None
    if run is not None and run.has_ended:
        raise run_errors.RunEnded
    now = desk.clock.now()
    if permit.state is PermitState.LAPSED:
        return errors.PermitLapsed()  # and that stands written already
    if claimer is not None and is_claim_of(permit, claimer.owner):
        return Claimed(request=request, permit=permit, approvals=_approvals(tx, request))
    permit = replace(permit, delivered_at=permit.delivered_at or now)
    lapsed = lapses(request, permit, now=now)
    event = PermitEvent.LAPSE if lapsed else PermitEvent.CLAIM
    approved_for = request.requirement.approved_for
    if repeats and may_repeat(permit, approved_for=approved_for, now=now):
        event = PermitEvent.RETRY
    freeze = None if lapsed else freeze_of(tx, request, now=now)
    if freeze is not None:
        tx.save_permit(permit)
        tx.set_aside(request.id, end_of_use(request, permit))
        return refusal(freeze)
    owner, lease = (claimer.owner, claimer.lease) if claimer else (desk.owner, None)
    step = advance_permit(request, permit, event, now=now, owner=owner, lease=lease)
    save_step(tx, step)
    if lapsed:
        return errors.PermitLapsed()
    assert step.permit is not None
    return Claimed(request=step.request, permit=step.permit, approvals=_approvals(tx, request))


async def read_approvals(desk: Desk, request: ApprovalRequest) -> tuple[Decision, ...]:
    """Return the approvals that led to *request*, oldest first; none where a rule allowed it.

    Raises:
        StoreUnavailable
    """
    return await desk.store.write(lambda tx: _approvals(tx, request))


def _approvals(tx: Transaction, request: ApprovalRequest) -> tuple[Decision, ...]:
    if request.cause is not Cause.PEOPLE:
        return ()
    given = tx.decisions(request.id)
    return tuple(each for each in given if each.sets and each.verdict is Verdict.APPROVE)
