"""Requests as the API tells them: the noun in, the wire's model out.

Who asked gets what people wrote as it is; everyone else gets it masked, and of a private call
nothing that it would do. Arguments are always masked: the body gets them by claiming.
"""

from typing import cast

from approvals.domain import strict_json
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.asked_back import AskedBack
from approvals.domain.decision import Decision
from approvals.domain.edit import changes
from approvals.domain.inquiry import masked_answer
from approvals.domain.key import Key
from approvals.domain.outcome import Edited, Outcome, outcome_of
from approvals.domain.permit import Permit
from approvals.domain.redaction import mask_arguments, mask_words
from approvals.domain.strict_json import JsonValue
from approvals.gate import wire
from approvals.operations.claim_permit import Claimed
from approvals.operations.read_by_key import Seen


def approval(seen: Seen) -> wire.Approval:
    """Return *seen* as its reader may see it."""
    request = seen.request
    return wire.Approval(
        id=request.id,
        status=request.status,
        cause=request.cause,
        effect=request.requirement.effect,
        tool=request.call.tool,
        args=arguments(request) if seen.shows_arguments else None,
        digest=request.asked_digest if seen.shows_arguments else request.shown_digest,
        agent=request.requester.agent,
        person=request.requester.person,
        channel=request.channel,
        channel_name=request.requirement.channel_name,
        reason=_words(request.reason, request),
        decisions=[_decision(each, seen) for each in seen.decisions],
        outcome=None if seen.outcome is None else _outcome(seen.outcome, seen),
        permit=None if seen.permit is None else _permit(seen.permit),
        earlier=request.earlier,
        version=request.version,
        created_at=request.created_at,
        expires_at=request.expires_at,
        ended_at=request.ended_at,
    )


def arguments(request: ApprovalRequest) -> wire.Arguments:
    """Return the arguments of *request*, masked."""
    return cast("wire.Arguments", mask_arguments(request.call.arguments, request.salt))


def claimed(found: Claimed) -> wire.Claimed:
    """Return the right to run that was claimed, for who claimed it."""
    request, permit = found.request, found.permit
    assert permit.lease_ends_at is not None
    seen = Seen(request=request, decisions=found.approvals, permit=permit, is_own=True)
    return wire.Claimed(
        id=request.id,
        digest=request.call.digest,
        arguments_json=request.call.arguments_json,
        attempt=permit.attempt,
        lease_ends_at=permit.lease_ends_at,
        outcome=_outcome(outcome_of(request, found.approvals), seen),
    )


def whose(key: Key) -> wire.WhoseKey:
    """Return what a key is, without its secret."""
    return wire.WhoseKey(
        id=key.id,
        owner=key.owner,
        agent=key.agent,
        channel=key.channel,
        scopes=sorted(key.scopes),
        expires_at=key.expires_at,
        pending=key.pending,
        new_per_minute=key.new_per_minute,
    )


def _decision(decision: Decision, seen: Seen) -> wire.Decision:
    return wire.Decision(
        by=decision.user,
        verdict=decision.verdict,
        reason=_said(decision.reason, seen),
        at=decision.at,
    )


def _outcome(outcome: Outcome, seen: Seen) -> wire.Outcome:
    return wire.Outcome(
        kind=outcome.kind,
        message=outcome.message,
        reason=_said(outcome.reason, seen),
        reasons=[
            wire.Said(by=each.by, text=_said(each.text, seen) or "") for each in outcome.reasons
        ],
        asked_back=[_asked_back(each, seen) for each in outcome.asked_back],
        by=outcome.by,
        at=outcome.at,
        code=outcome.code,
        has_happened=outcome.has_happened,
        result=outcome.result,
        answer=_answer(outcome, seen),
        edited=None if outcome.edited is None else _edited(outcome.edited, seen),
    )


def _answer(outcome: Outcome, seen: Seen) -> JsonValue:
    """Return what was answered to an inquiry: as it is for the agent that asked, else masked."""
    request = seen.request
    if seen.is_own or request.answer is None:
        return outcome.answer
    if not seen.shows_arguments:
        return None
    return masked_answer(request.call, request.answer, request.salt)


def _edited(edited: Edited, seen: Seen) -> wire.Edited | None:
    request = seen.request
    if not seen.shows_arguments:
        return None
    found = edited.changes
    if not seen.is_own:
        asked = mask_arguments(strict_json.read(request.edits[0].before), request.salt)
        found = changes(asked, arguments(request))
    return wire.Edited(
        by=edited.by,
        at=edited.at,
        changes=[
            wire.Change(path=each.path, before=each.before, after=each.after) for each in found
        ],
    )


def _asked_back(asked: AskedBack, seen: Seen) -> wire.AskedBack:
    return wire.AskedBack(
        by=asked.by,
        at=asked.at,
        question=_said(asked.question, seen) or "",
        answer=_said(asked.answer, seen),
        answered_by=asked.answered_by,
    )


def _permit(permit: Permit) -> wire.Permit:
    return wire.Permit(
        state=permit.state,
        attempt=permit.attempt,
        claimed_at=permit.claimed_at,
        lease_ends_at=permit.lease_ends_at,
        ended_at=permit.ended_at,
        result=permit.result,
    )


def _said(text: str | None, seen: Seen) -> str | None:
    """Return what a person said: as it is for the agent they said it to, else masked."""
    return text if seen.is_own else _words(text, seen.request)


def _words(text: str | None, request: ApprovalRequest) -> str | None:
    return None if text is None else mask_words(text, request.salt)
