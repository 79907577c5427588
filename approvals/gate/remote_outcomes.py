"""What a gateway elsewhere says of an ended question, in the words of the gate.

The exceptions are those of a gateway in this process, made of the same outcomes. Called by
`remote_gateway`.
"""

from approvals.domain.asked_back import Answerer, AskedBack
from approvals.domain.edit import Change
from approvals.domain.ids import RequestId, TeamId, UserId
from approvals.domain.outcome import (
    Edited,
    Outcome,
    OutcomeKind,
    Said,
    refused_with,
    unavailable,
)
from approvals.domain.permit import PermitState
from approvals.domain.used_permit import said_of_used
from approvals.gate import wire
from approvals.gate.remote_door import Refused, Trouble


def outcome_in(told: wire.Outcome, request_id: RequestId) -> Outcome:
    """Return the outcome that was *told* of a request."""
    return Outcome(
        kind=told.kind,
        message=told.message,
        reason=told.reason,
        reasons=tuple(Said(by=UserId(each.by), text=each.text) for each in told.reasons),
        asked_back=tuple(map(_asked_back, told.asked_back)),
        request_id=request_id,
        by=_person(told.by),
        at=told.at,
        code=told.code,
        has_happened=told.has_happened,
        result=told.result,
        edited=None if told.edited is None else _edited(told.edited),
        answer=told.answer,
    )


def ended_in(approval: wire.Approval) -> Outcome:
    """Return how a request that is not approved ended."""
    request_id = RequestId(approval.id)
    if approval.outcome is None or approval.outcome.kind is OutcomeKind.APPROVED:
        return unavailable("The gateway does not say how this question ended.")
    return outcome_in(approval.outcome, request_id)


def used_before(approval: wire.Approval) -> Outcome:
    """Return what an asker is told whose approval was used before."""
    permit, told = approval.permit, approval.outcome
    state = permit.state if permit else None
    is_unknown = state is PermitState.UNKNOWN
    return Outcome(
        kind=OutcomeKind.UNKNOWN if is_unknown else OutcomeKind.ALREADY_RAN,
        message=said_of_used(state),
        request_id=RequestId(approval.id),
        by=_person(told.by) if told else None,
        at=approval.ended_at,
        result=permit.result if permit else None,
        has_happened=state is PermitState.SUCCEEDED,
    )


def refused_by(refusal: Refused | Trouble) -> Outcome:
    """Return the outcome of a call that a gateway refused, or did not answer in time."""
    problem = refusal.problem
    code = problem.code if problem else None
    is_down = isinstance(refusal, Trouble) and (problem is None or problem.status >= 500)
    return refused_with(code, refusal.said, is_down=is_down)


def _person(user: str | None) -> UserId | None:
    return None if user is None else UserId(user)


def _edited(told: wire.Edited) -> Edited:
    return Edited(
        by=UserId(told.by),
        at=told.at,
        changes=tuple(
            Change(path=each.path, before=each.before, after=each.after) for each in told.changes
        ),
    )


def _asked_back(told: wire.AskedBack) -> AskedBack:
    return AskedBack(
        by=UserId(told.by),
        team=TeamId(""),
        at=told.at,
        question=told.question,
        of=Answerer.AGENT if told.answered_by is None else Answerer.PERSON,
        answer=told.answer,
        answered_by=_person(told.answered_by),
    )
