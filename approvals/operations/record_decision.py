"""The transaction behind a click: check it in full, store the verdict, end the request if enough.

A plain function of a transaction, run by `decide`. A refusal is stored as an audit event and
returned, not raised, because a late click also commits `timed_out`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest, Cause
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.card import Card, CardKind
from approvals.domain.decision import (
    Approver,
    Decision,
    Verdict,
    is_met,
    refuse_ineligible,
)
from approvals.domain.ids import UserId
from approvals.domain.lifecycle import advance, card_job
from approvals.domain.redaction import mask_text
from approvals.domain.requirement import Effect, Slot
from approvals.domain.tool_call import salted_digest
from approvals.operations.check_presser import checked_presser
from approvals.operations.click import Answer, Click, PeopleMissing, Presser
from approvals.operations.desk import Desk
from approvals.operations.people_now import (
    approvals_needed,
    nobody_left,
    requirement_now,
    rules_in_force,
    set_names,
)
from approvals.operations.ports import Transaction
from approvals.operations.save_step import save_step
from approvals.operations.send_follow_ups import timeout_cause

Rules = Sequence[Sequence[Slot]]


def record_decision(
    tx: Transaction, desk: Desk, click: Click, *, who: Presser, at: datetime
) -> Answer:
    """Store the verdict of *click*, which started at *at*, or the refusal with its reason.

    Raises:
        PeopleMissing: people sets are needed that *who* does not hold.
    """
    try:
        request = tx.request(click.request_id)
        if request is None:
            raise errors.RequestUnknown
        return _record(tx, desk, click, request=request, who=who.on(request), at=at)
    except errors.DecisionRefused as refusal:
        return refuse(tx, click, refusal, at=at)


def refuse(tx: Transaction, click: Click, refusal: errors.Refusal, *, at: datetime) -> Answer:
    """Record *refusal* in the audit log and return it as the click's answer."""
    request = tx.request(click.request_id)
    again = isinstance(refusal, errors.AlreadyCounted | errors.AlreadyDecided)
    tx.record(
        AuditEvent(
            name=AuditName.DECISION_DUPLICATE if again else AuditName.DECISION_REFUSED,
            subject=click.request_id,
            at=at,
            data={
                "code": refusal.code,
                "user": click.pressed.user,
                "team": click.team,
                "verdict": click.verdict.value,
            },
        )
    )
    return Answer(request=request, refusal=refusal)


def eligible_presser(
    tx: Transaction,
    desk: Desk,
    click: Click,
    *,
    request: ApprovalRequest,
    who: Presser,
    at: datetime,
) -> tuple[Card, Approver, Rules]:
    """Return the pressed card, the person who may give this verdict now, and whose word counts.

    Raises:
        DecisionRefused: why not; what is overdue or denied by now is closed.
        PeopleMissing
    """
    card, person = checked_presser(tx, desk, request, click=click, who=who)
    if not request.is_pending:
        raise errors.AlreadyDecided(request=request)
    if at >= request.expires_at:
        step = advance(request, timeout_cause(tx, request.id), now=at)
        save_step(tx, step)
        raise errors.TimedOut(request=step.request)
    rules = _rules_now(tx, desk, request, who=who, at=at)
    slots = [slot for each in rules for slot in each]
    refuse_ineligible(person, request, verdict=click.verdict, slots=slots)
    return card, person, rules


def _record(
    tx: Transaction,
    desk: Desk,
    click: Click,
    *,
    request: ApprovalRequest,
    who: Presser,
    at: datetime,
) -> Answer:
    card, person, rules = eligible_presser(tx, desk, click, request=request, who=who, at=at)
    if click.verdict is Verdict.APPROVE and not (card.shows_everything or _is_view(card)):
        raise errors.FullViewRequired(request=request, card=card)
    return _count(tx, click, request=request, person=person, rules=rules, who=who, at=at)


def _is_view(card: Card) -> bool:
    return card.kind is CardKind.VIEW


def _rules_now(
    tx: Transaction, desk: Desk, request: ApprovalRequest, *, who: Presser, at: datetime
) -> Rules:
    """Return whose approval counts now; a policy that denies now, or names nobody, closes."""
    policy = desk.policy()
    try:
        now = requirement_now(policy, request)
    except errors.ChannelUnknown:
        _close(tx, request, Cause.NO_ELIGIBLE_APPROVER, at=at)
        raise errors.NotApprover(request=request) from None
    if now.effect is Effect.DENY:
        _close(tx, request, Cause.RULE, at=at)
        raise errors.DeniedByPolicy(now.message, request=request)
    rules = rules_in_force(request, now)
    is_outdated = who.policy_version != policy.version
    if is_outdated or set_names(rules) - who.people.keys():
        raise PeopleMissing(set_names(rules))
    if nobody_left(rules, who.people, request.requester.people):
        _close(tx, request, Cause.NO_ELIGIBLE_APPROVER, at=at)
        raise errors.NotApprover(request=request)
    return rules


def _close(tx: Transaction, request: ApprovalRequest, cause: Cause, *, at: datetime) -> None:
    save_step(tx, advance(request, cause, now=at))


def _count(
    tx: Transaction,
    click: Click,
    *,
    request: ApprovalRequest,
    person: Approver,
    rules: Rules,
    who: Presser,
    at: datetime,
) -> Answer:
    earlier = tx.decisions(request.id)
    if any(each.user == person.user for each in earlier):
        raise errors.AlreadyCounted(request=request)
    decision = Decision(
        request_id=request.id,
        user=person.user,
        team=person.team,
        verdict=click.verdict,
        reason=click.reason,
        at=at,
        sets=tuple(sorted(name for name, belongs in person.sets.items() if belongs)),
    )
    tx.add_decision(decision)
    tx.record(_recorded(decision, request))
    cause = _ending(click, request, [*earlier, decision], rules=rules, who=who)
    if cause is None:
        shown = replace(request, version=request.version + 1)
        tx.save_request(shown)
        tx.enqueue(card_job(shown, at))
        return Answer(request=shown, decision=decision)
    step = advance(request, cause, now=at, by=person.user, reason=click.reason)
    save_step(tx, step)
    return Answer(request=step.request, decision=decision)


def _ending(
    click: Click,
    request: ApprovalRequest,
    decisions: Sequence[Decision],
    *,
    rules: Rules,
    who: Presser,
) -> Cause | None:
    """Return why the request ends with this decision, or None while more are needed."""
    if click.verdict is Verdict.REJECT:
        return Cause.PERSON
    valid = _still_valid(decisions, who.people)
    then = approvals_needed(request.requirement.slots_by_rule)
    is_enough = len(valid) >= max(then, approvals_needed(rules)) and is_met(rules, valid)
    return Cause.PEOPLE if is_enough else None


def _still_valid(
    decisions: Sequence[Decision], people: Mapping[str, frozenset[UserId] | None]
) -> list[Decision]:
    """Return the approvals of people who still belong to a set, with those they belong to now."""
    approvals = [
        replace(each, sets=tuple(name for name, who in people.items() if who and each.user in who))
        for each in decisions
        if each.verdict is Verdict.APPROVE
    ]
    return [each for each in approvals if each.sets]


def _recorded(decision: Decision, request: ApprovalRequest) -> AuditEvent:
    return AuditEvent(
        name=AuditName.DECISION_RECORDED,
        subject=request.id,
        at=decision.at,
        data={
            "user": decision.user,
            "team": decision.team,
            "verdict": decision.verdict.value,
            "reason": mask_text(decision.reason, request.salt) if decision.reason else None,
            "sets": list(decision.sets),
            "args_digest": salted_digest(request.salt, request.call.arguments_json),
            "latency_s": round((decision.at - request.created_at).total_seconds(), 3),
        },
    )
