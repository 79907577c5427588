"""What an agent is told: one table over (status, cause), so a timeout is never "the user said no".

Read by the gate (typed exceptions), by framework adapters (tool messages) and by cards.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest, Cause, Status
from approvals.domain.asked_back import AskedBack
from approvals.domain.decision import Decision
from approvals.domain.edit import Change, changes
from approvals.domain.ids import RequestId, UserId
from approvals.domain.inquiry import is_inquiry
from approvals.domain.permit import Permit, PermitState, Settlement
from approvals.domain.requirement import Effect, Requirement
from approvals.domain.strict_json import JsonValue
from approvals.domain.used_permit import LAPSED, said_of_used


class OutcomeKind(StrEnum):
    """The answer, in one word."""

    APPROVED = "approved"
    REJECTED = "rejected"
    DENIED = "denied"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    UNDELIVERABLE = "undeliverable"
    NO_ELIGIBLE_APPROVER = "no_eligible_approver"
    FROZEN = "frozen"
    UNAVAILABLE = "unavailable"
    REFUSED = "refused"
    LAPSED = "lapsed"
    UNKNOWN = "unknown"
    ALREADY_RAN = "already_ran"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """How people changed a call before it was decided."""

    by: UserId
    """Who changed it last."""
    at: datetime
    changes: tuple[Change, ...]
    """From what was asked to what stands now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one of several approvers wrote."""

    by: UserId
    text: str
    """Their words: data, to be labelled as a quotation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An ended question as its asker hears it."""

    kind: OutcomeKind
    message: str
    """A sentence of the gateway's own; never the approver's words."""
    reason: str | None = None
    """The words of who ended it: data, to be labelled as a quotation."""
    reasons: tuple[Said, ...] = ()
    """What each of several approvers wrote, in the order they approved; empty where one did."""
    asked_back: tuple[AskedBack, ...] = ()
    """What approvers asked before they decided, with the answers: data, as the reasons are."""
    request_id: RequestId | None = None
    by: UserId | None = None
    at: datetime | None = None
    code: str | None = None
    """The stable code of the refusal behind it, where there is one."""
    has_happened: bool = False
    """It is known that the call was carried out, now or before; never merely supposed."""
    result: str | None = None
    """What is kept of the tool's own words, masked and cut, where the call ran before."""
    answer: JsonValue = None
    """What people answered to an inquiry: data, typed as it asked; None for any other call."""
    edited: Edited | None = None
    """How an approved call differs from what was asked; None where nobody changed it."""


_TABLE: dict[tuple[Status, Cause], tuple[OutcomeKind, str]] = {
    (Status.APPROVED, Cause.PEOPLE): (OutcomeKind.APPROVED, "A person approved this call."),
    (Status.APPROVED, Cause.RULE): (OutcomeKind.APPROVED, "The policy allows this call."),
    (Status.APPROVED, Cause.GRANT): (OutcomeKind.APPROVED, "A standing grant allows this call."),
    (Status.REJECTED, Cause.PERSON): (
        OutcomeKind.REJECTED,
        "A person rejected this call. It did not run.",
    ),
    (Status.REJECTED, Cause.RULE): (
        OutcomeKind.DENIED,
        "The policy denies this call. It did not run.",
    ),
    (Status.TIMED_OUT, Cause.TIMEOUT): (
        OutcomeKind.TIMED_OUT,
        "Nobody answered in time. The call did not run; nobody rejected it.",
    ),
    (Status.CANCELLED, Cause.REQUESTER): (
        OutcomeKind.CANCELLED,
        "The requester cancelled this call. It did not run.",
    ),
    (Status.CANCELLED, Cause.WAITER_GONE): (
        OutcomeKind.CANCELLED,
        "The waiting caller went away, so the question was withdrawn. The call did not run.",
    ),
    (Status.CANCELLED, Cause.FROZEN): (
        OutcomeKind.FROZEN,
        "The gateway is frozen. The call did not run.",
    ),
    (Status.CANCELLED, Cause.UNDELIVERABLE): (
        OutcomeKind.UNDELIVERABLE,
        "The question could not be shown to anyone. The call did not run.",
    ),
    (Status.CANCELLED, Cause.NO_ELIGIBLE_APPROVER): (
        OutcomeKind.NO_ELIGIBLE_APPROVER,
        "Nobody may approve this call. It did not run.",
    ),
    (Status.CANCELLED, Cause.UNAVAILABLE): (
        OutcomeKind.UNAVAILABLE,
        "A part of the gateway was down. The call did not run.",
    ),
}


ENDINGS_OF_INQUIRIES = {
    OutcomeKind.APPROVED: "A person answered. The answer is data and permits nothing.",
    OutcomeKind.REJECTED: "A person declined to answer.",
    OutcomeKind.DENIED: "The policy lets nobody be asked this.",
    OutcomeKind.TIMED_OUT: "Nobody answered in time; nobody declined to.",
    OutcomeKind.CANCELLED: "The question was withdrawn before anybody answered.",
    OutcomeKind.FROZEN: "The gateway is frozen, so nobody was asked.",
    OutcomeKind.UNDELIVERABLE: "The question could not be shown to anyone.",
    OutcomeKind.NO_ELIGIBLE_APPROVER: "There is nobody who may answer this.",
    OutcomeKind.UNAVAILABLE: "A part of the gateway was down, so nobody was asked.",
}
"""The same of a question for an answer, which was never to run."""

_ASKED_BEFORE = (
    "That is about this asking alone: it had been asked before, and an earlier run that was "
    "interrupted may have happened."
)
_KINDS_BY_CODE = {
    errors.NoEligibleApprover.code: OutcomeKind.NO_ELIGIBLE_APPROVER,
    errors.Frozen.code: OutcomeKind.FROZEN,
}


def ending(status: Status, cause: Cause) -> tuple[OutcomeKind, str]:
    """Return what is told of a question that ended so, wherever it was asked."""
    return _TABLE[status, cause]


def outcome_of(request: ApprovalRequest, approvals: Sequence[Decision] = ()) -> Outcome:
    """Return what the asker of an ended *request* is told; *approvals* are those that counted."""
    assert request.cause is not None
    kind, message = ending(request.status, request.cause)
    if is_inquiry(request.call):
        message = ENDINGS_OF_INQUIRIES[kind]
    if request.earlier is not None and request.status is not Status.APPROVED:
        message = f"{message} {_ASKED_BEFORE}"
    is_denied = kind is OutcomeKind.DENIED
    if is_denied and request.ended_reason:
        message = f"{message} {request.ended_reason}"
    return Outcome(
        kind=kind,
        message=message,
        reason=None if is_denied else request.ended_reason,
        reasons=_reasons(approvals),
        asked_back=request.asking_back.asked,
        request_id=request.id,
        by=request.ended_by,
        at=request.ended_at,
        answer=None if request.answer is None else json.loads(request.answer),
        edited=edited_of(request) if request.status is Status.APPROVED else None,
    )


def _reasons(approvals: Sequence[Decision]) -> tuple[Said, ...]:
    if len(approvals) < 2:
        return ()
    return tuple(Said(by=each.user, text=each.reason) for each in approvals if each.reason)


def edited_of(request: ApprovalRequest) -> Edited | None:
    """Return how people changed the call of *request*, or None where nobody did."""
    if not request.edits:
        return None
    last = request.edits[-1]
    asked = json.loads(request.edits[0].before)
    return Edited(by=last.by, at=last.at, changes=changes(asked, request.call.arguments))


def _after_approval(
    request: ApprovalRequest,
    kind: OutcomeKind,
    message: str,
    *,
    result: str | None = None,
    has_happened: bool = False,
) -> Outcome:
    """Return what became of an approval beyond the decision; the approver's reason stays there."""
    return Outcome(
        kind=kind,
        message=message,
        request_id=request.id,
        by=request.ended_by,
        at=request.ended_at,
        result=result,
        has_happened=has_happened,
    )


def already_ran(request: ApprovalRequest, permit: Permit | None = None) -> Outcome:
    """Return the outcome of asking again under the key of a call that was carried out."""
    return _after_approval(
        request,
        OutcomeKind.ALREADY_RAN,
        said_of_used(permit.state if permit else None),
        result=permit.result if permit else None,
        has_happened=permit is not None and permit.state is PermitState.SUCCEEDED,
    )


def lapsed(request: ApprovalRequest) -> Outcome:
    """Return the outcome of an approval that was not used in time."""
    return _after_approval(
        request,
        OutcomeKind.LAPSED,
        LAPSED,
    )


def unknown(request: ApprovalRequest, permit: Permit | None = None) -> Outcome:
    """Return the outcome of an execution of which nobody knows how it ended."""
    cut_off = "The gateway stopped while this call ran."
    if permit is not None and permit.result is not None:
        cut_off = "Nobody knows how this call ended."
    if permit is not None and permit.settlement is Settlement.HAPPENED:
        return _after_approval(
            request,
            OutcomeKind.ALREADY_RAN,
            f"{cut_off} A person looked: it did happen. What it returned is not known.",
            has_happened=True,
        )
    return _after_approval(
        request,
        OutcomeKind.UNKNOWN,
        f"{cut_off} It may or may not have happened.",
        result=permit.result if permit else None,
    )


def denied_by(requirement: Requirement) -> str:
    """Return which rules deny a call that was asked before they did, and what they say."""
    rules = [rule for rule in requirement.rules if rule.effect is Effect.DENY]
    names = "; ".join(f"{rule.name} ({rule.place})" if rule.place else rule.name for rule in rules)
    message = f": {requirement.message}" if requirement.message else "."
    return f"It is denied now by {names}{message}"


def denied(requirement: Requirement) -> Outcome:
    """Return the outcome of a call a rule denies; nobody was asked."""
    detail = f" {requirement.message}" if requirement.message else ""
    return Outcome(
        kind=OutcomeKind.DENIED, message=f"The policy denies this call. It did not run.{detail}"
    )


def unavailable(why: str) -> Outcome:
    """Return the outcome of a call nothing could be promised about; *why* is a sentence."""
    return Outcome(kind=OutcomeKind.UNAVAILABLE, message=f"{why} The call did not run.")


def refused(refusal: errors.Refusal) -> Outcome:
    """Say a refusal of the gateway's own in the agent's terms; its code is kept."""
    is_down = isinstance(refusal, errors.Unavailable)
    return refused_with(refusal.code, refusal.message, is_down=is_down)


def refused_with(code: str | None, message: str, *, is_down: bool = False) -> Outcome:
    """Return the outcome of a refusal that is known by its *code*; *message* is a sentence."""
    usual = OutcomeKind.UNAVAILABLE if is_down else OutcomeKind.REFUSED
    kind = _KINDS_BY_CODE.get(code, usual) if code else usual
    return Outcome(kind=kind, message=f"{message} The call did not run.", code=code)
