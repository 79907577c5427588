"""THE transition tables. The only code that changes a request's or a permit's status.

Operations load a noun, call `advance()` or `advance_permit()`, and save what comes back: the new
noun, its audit events and its jobs. A transition that is not in the table is a refusal, never a
silent no-op. `docs/reference/statuses.md` is drawn from these tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from approvals.domain import errors, run_errors
from approvals.domain.approval_request import ApprovalRequest, Cause, Status
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.ids import UserId
from approvals.domain.jobs import Job
from approvals.domain.jobs_after import callback_jobs, card_job, resuming_jobs
from approvals.domain.permit import Permit, PermitState, Settlement
from approvals.domain.question import runs_nothing
from approvals.domain.redaction import mask_text
from approvals.domain.strict_json import JsonValue
from approvals.domain.tool_call import salted_digest

REQUEST_TRANSITIONS: Mapping[tuple[Status, Cause], Status] = {
    (Status.PENDING, Cause.PEOPLE): Status.APPROVED,
    (Status.PENDING, Cause.PERSON): Status.REJECTED,
    (Status.PENDING, Cause.RULE): Status.REJECTED,
    (Status.PENDING, Cause.TIMEOUT): Status.TIMED_OUT,
    (Status.PENDING, Cause.REQUESTER): Status.CANCELLED,
    (Status.PENDING, Cause.WAITER_GONE): Status.CANCELLED,
    (Status.PENDING, Cause.FROZEN): Status.CANCELLED,
    (Status.PENDING, Cause.UNDELIVERABLE): Status.CANCELLED,
    (Status.PENDING, Cause.NO_ELIGIBLE_APPROVER): Status.CANCELLED,
    (Status.PENDING, Cause.UNAVAILABLE): Status.CANCELLED,
}


class PermitEvent(StrEnum):
    """What can happen to a permit."""

    CLAIM = "claim"
    SUCCEED = "succeed"
    FAIL = "fail"
    LOSE = "lose"
    """Its process died, or it did not end in time: nobody knows whether it happened."""
    LAPSE = "lapse"
    RELEASE = "release"
    """Its caller went before the body began: whoever comes back with the key may claim it."""
    RETRY = "retry"
    """An interrupted call of a tool declared idempotent is claimed again, by the same run."""


PERMIT_TRANSITIONS: Mapping[tuple[PermitState, PermitEvent], PermitState] = {
    (PermitState.UNCLAIMED, PermitEvent.CLAIM): PermitState.CLAIMED,
    (PermitState.UNCLAIMED, PermitEvent.LAPSE): PermitState.LAPSED,
    (PermitState.CLAIMED, PermitEvent.SUCCEED): PermitState.SUCCEEDED,
    (PermitState.CLAIMED, PermitEvent.FAIL): PermitState.FAILED,
    (PermitState.CLAIMED, PermitEvent.LOSE): PermitState.UNKNOWN,
    (PermitState.CLAIMED, PermitEvent.RELEASE): PermitState.UNCLAIMED,
    (PermitState.UNKNOWN, PermitEvent.RETRY): PermitState.CLAIMED,
    (PermitState.UNKNOWN, PermitEvent.SUCCEED): PermitState.SUCCEEDED,
    (PermitState.UNKNOWN, PermitEvent.FAIL): PermitState.FAILED,
}

_REQUEST_EVENTS: Mapping[Status, AuditName] = {
    Status.APPROVED: AuditName.REQUEST_APPROVED,
    Status.REJECTED: AuditName.REQUEST_REJECTED,
    Status.TIMED_OUT: AuditName.REQUEST_TIMED_OUT,
    Status.CANCELLED: AuditName.REQUEST_CANCELLED,
}
_PERMIT_EVENTS: Mapping[PermitState, AuditName] = {
    PermitState.CLAIMED: AuditName.PERMIT_CLAIMED,
    PermitState.SUCCEEDED: AuditName.PERMIT_SUCCEEDED,
    PermitState.FAILED: AuditName.PERMIT_FAILED,
    PermitState.UNKNOWN: AuditName.PERMIT_UNKNOWN,
    PermitState.LAPSED: AuditName.PERMIT_LAPSED,
    PermitState.UNCLAIMED: AuditName.PERMIT_RELEASED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A changed request with the facts and effects that belong to the change."""

    request: ApprovalRequest
    permit: Permit | None = None
    event: AuditEvent
    jobs: tuple[Job, ...]


def allowed(request: ApprovalRequest) -> Step:
    """Return the one step of a run's call that a rule allows: approved at once, nobody is asked.

    Its permit is the record by which a crash in the middle is noticed.
    """
    at = request.created_at
    approved = replace(request, status=Status.APPROVED, cause=Cause.RULE, ended_at=at)
    event = AuditEvent(
        name=AuditName.CALL_ALLOWED,
        subject=request.call.tool,
        at=at,
        data={"request": request.id, **_submitted(request)},
    )
    permit = Permit(request_id=request.id, digest=request.call.digest, approved_at=at)
    return Step(request=approved, permit=permit, event=event, jobs=())


def denied(request: ApprovalRequest) -> Step:
    """Return the one step of a call that a rule denies and that is kept: nobody is asked.

    Only what came in through a door is kept so: its caller reads it by its id.
    """
    at = request.created_at
    ended = replace(
        request,
        status=Status.REJECTED,
        cause=Cause.RULE,
        ended_at=at,
        ended_reason=request.requirement.message,
    )
    event = AuditEvent(
        name=AuditName.CALL_DENIED,
        subject=request.call.tool,
        at=at,
        data={"request": request.id, **_submitted(request)},
    )
    return Step(request=ended, event=event, jobs=())


def opened(request: ApprovalRequest) -> Step:
    """Return the first step of a new pending request."""
    assert request.is_pending
    return Step(
        request=request,
        event=AuditEvent(
            name=AuditName.REQUEST_SUBMITTED,
            subject=request.id,
            at=request.created_at,
            data=_submitted(request),
        ),
        jobs=(card_job(request, request.created_at),),
    )


def advance(
    request: ApprovalRequest,
    cause: Cause,
    *,
    now: datetime,
    by: UserId | None = None,
    reason: str | None = None,
) -> Step:
    """End *request* because of *cause*; an approval brings its permit with it.

    Raises:
        AlreadyDecided: the request has ended before; `facts["request"]` holds it.
    """
    status = REQUEST_TRANSITIONS.get((request.status, cause))
    if status is None:
        raise errors.AlreadyDecided(request=request)
    ended = replace(
        request,
        status=status,
        cause=cause,
        version=request.version + 1,
        ended_at=now,
        ended_by=by,
        ended_reason=reason,
    )
    permit = None
    if status is Status.APPROVED and not runs_nothing(request.call):
        permit = Permit(request_id=request.id, digest=request.call.digest, approved_at=now)
    data: dict[str, JsonValue] = {
        "cause": cause.value,
        "by": by,
        "reason": mask_text(reason, request.salt) if reason else None,
        "version": ended.version,
        "args_digest": salted_digest(request.salt, request.call.arguments_json),
    }
    if request.answer is not None:
        data["answer_digest"] = salted_digest(request.salt, request.answer)
    event = AuditEvent(name=_REQUEST_EVENTS[status], subject=request.id, at=now, data=data)
    return Step(
        request=ended,
        permit=permit,
        event=event,
        jobs=(*resuming_jobs(ended, now), *callback_jobs(ended, now)),
    )


def advance_permit(
    request: ApprovalRequest,
    permit: Permit,
    event: PermitEvent,
    *,
    now: datetime,
    owner: str | None = None,
    lease: timedelta | None = None,
    result: str | None = None,
) -> Step:
    """Move *permit* of *request* on; the request gets a new version so that its card tells it.

    A claim is its *owner*'s, for no longer than its *lease* where it has one.

    Raises:
        AlreadyClaimed: the permit has left `unclaimed` before.
        ClaimRefused: any other step that is not in the table, or the end of a call of which a
            person has said what became of it.
    """
    state = PERMIT_TRANSITIONS.get((permit.state, event))
    if state is None or permit.settlement is not None:
        if event in (PermitEvent.CLAIM, PermitEvent.LAPSE):
            raise errors.AlreadyClaimed(permit=permit)
        raise errors.ClaimRefused(f"A permit that is {permit.state} cannot {event}.", permit=permit)
    if state is PermitState.CLAIMED:
        moved = replace(
            permit,
            state=state,
            attempt=permit.attempt + 1,
            owner=owner,
            lease_ends_at=None if lease is None else now + lease,
            claimed_at=now,
            ended_at=None,
        )
    elif state is PermitState.UNCLAIMED:
        moved = replace(permit, state=state, owner=None, lease_ends_at=None, claimed_at=None)
    else:
        moved = replace(permit, state=state, ended_at=now, result=result)
    data: dict[str, JsonValue] = {
        "attempt": moved.attempt,
        "owner": moved.owner,
        "args_digest": salted_digest(request.salt, request.call.arguments_json),
    }
    shown = replace(request, version=request.version + 1)
    return Step(
        request=shown,
        permit=moved,
        event=AuditEvent(name=_PERMIT_EVENTS[state], subject=request.id, at=now, data=data),
        # An end that was not known is an answer: who waits for a person's goes on with it.
        jobs=resuming_jobs(shown, now) if _is_answer(permit, event) else (card_job(shown, now),),
    )


def _is_answer(permit: Permit, event: PermitEvent) -> bool:
    return permit.state is PermitState.UNKNOWN and event is not PermitEvent.RETRY


def settle(
    request: ApprovalRequest,
    permit: Permit,
    settlement: Settlement,
    *,
    by: UserId | None,
    now: datetime,
) -> Step:
    """Note what a person says of an interrupted call; its run goes on with that.

    The permit stays `unknown`: a person's word is kept beside it, not in its place. Without *by*
    nobody said anything, and nobody is asked any more, because its run has ended.

    Raises:
        AlreadySettled: somebody has said it before, or there is nothing to settle.
    """
    if permit.state is not PermitState.UNKNOWN or permit.settlement is not None:
        raise run_errors.AlreadySettled(permit=permit)
    settled = replace(permit, settlement=settlement, settled_by=by, settled_at=now)
    shown = replace(request, version=request.version + 1)
    event = AuditEvent(
        name=AuditName.PERMIT_SETTLED,
        subject=request.id,
        at=now,
        data={"settlement": settlement.value, "by": by},
    )
    return Step(request=shown, permit=settled, event=event, jobs=resuming_jobs(shown, now))


def _submitted(request: ApprovalRequest) -> dict[str, JsonValue]:
    return {
        "tool": request.call.tool,
        "fingerprint": request.call.fingerprint,
        "args_digest": salted_digest(request.salt, request.call.arguments_json),
        "agent": request.requester.agent,
        "person": request.requester.person,
        "on_behalf_of": list(request.requester.on_behalf_of),
        "channel": request.channel,
        "rules": [match.name for match in request.requirement.rules],
        "policy_version": request.requirement.policy_version,
        "expires_at": request.expires_at.isoformat(),
        "ask_number": request.ask_number,
        "earlier": request.earlier,
    }
