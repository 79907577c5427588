"""The transaction behind a click: check it in full, store the verdict, end the request if enough.

A plain function of a transaction, run by `decide`. A refusal is stored as an audit event and
returned, not raised, because a late click also commits `timed_out`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from approvals.domain import edit_errors, errors
from approvals.domain.approval_request import ApprovalRequest, Cause
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.card import Card, CardKind
from approvals.domain.decision import (
    Approver,
    Decision,
    Verdict,
    refuse_ineligible,
)
from approvals.domain.follow_up import has_timed_out
from approvals.domain.hold import held
from approvals.domain.hold_errors import AlreadyHeld
from approvals.domain.lifecycle import advance, card_job
from approvals.domain.outcome import denied_by
from approvals.domain.quorum import Rules, is_met, progress
from approvals.domain.requirement import Effect, WantedReason
from approvals.operations.check_presser import checked_presser
from approvals.operations.click import Answer, Click, PeopleMissing, Presser
from approvals.operations.count_approvals import approvals_now
from approvals.operations.desk import Desk
from approvals.operations.hold_now import hold_now
from approvals.operations.people_now import (
    nobody_left,
    people_needed,
    requirement_now,
    rules_in_force,
    rules_to_come,
    set_names,
)
from approvals.operations.ports import Transaction
from approvals.operations.recorded import recorded
from approvals.operations.refuse_frozen import refuse_frozen
from approvals.operations.save_step import save_step
from approvals.operations.timeout_cause import timeout_cause

FAST_DECISION = timedelta(seconds=2)
"""A decision so soon after its card was drawn is flagged: nobody reads that fast (case A17)."""


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


def refuse(
    tx: Transaction,
    click: Click,
    refusal: errors.Refusal,
    *,
    at: datetime,
    wanted: str | None = None,
) -> Answer:
    """Record *refusal* in the audit log and return it as the click's answer.

    *wanted* is what the click was for, where that is not its verdict.
    """
    request = tx.request(click.request_id)
    again = isinstance(refusal, errors.AlreadyCounted | errors.AlreadyDecided | AlreadyHeld)
    tx.record(
        AuditEvent(
            name=AuditName.DECISION_DUPLICATE if again else AuditName.DECISION_REFUSED,
            subject=click.request_id,
            at=at,
            data={
                "code": refusal.code,
                "user": click.pressed.user,
                "team": click.team,
                "verdict": wanted or click.verdict.value,
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
    card, person, rules = pending_presser(tx, desk, click, request=request, who=who, at=at)
    slots = [slot for each in rules for slot in each]
    refuse_ineligible(person, request, verdict=click.verdict, slots=slots)
    if click.verdict is Verdict.APPROVE:
        refuse_outdated(request, click)
        refuse_frozen(tx, request.requirement.channel, request.channel, now=at)
        if request.held_until is not None:
            raise AlreadyHeld(request=request)
    return card, person, rules


def pending_presser(
    tx: Transaction,
    desk: Desk,
    click: Click,
    *,
    request: ApprovalRequest,
    who: Presser,
    at: datetime,
) -> tuple[Card, Approver, Rules]:
    """Return the pressed card of a request that can be decided, the person, whose word counts.

    Raises:
        DecisionRefused: why not; what is overdue or denied by now is closed.
        PeopleMissing
    """
    card, person = checked_presser(tx, desk, request, click=click, who=who)
    if not request.is_pending:
        raise errors.AlreadyDecided(request=request)
    if has_timed_out(request, now=at):
        step = advance(request, timeout_cause(tx, request.id), now=at)
        save_step(tx, step)
        raise errors.TimedOut(request=step.request)
    return card, person, rules_now(tx, desk, request, who=who, at=at)


def refuse_outdated(request: ApprovalRequest, click: Click) -> None:
    """Refuse what was said of other arguments than are stored now: the card shown was older.

    A card that does not say what it shows is older than any change of arguments.

    Raises:
        CardOutdated
    """
    seen = request.asked_digest if click.digest is None else click.digest
    if seen != request.call.digest:
        raise edit_errors.CardOutdated(request=request)


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
    wants_reason = request.requirement.reason is WantedReason.ALWAYS
    # Who stops what is held has seconds.
    if wants_reason and not click.reason and request.held_until is None:
        raise edit_errors.ReasonRequired(request=request)
    shown_at = card.drawn_at
    is_fast = shown_at is not None and at - shown_at < FAST_DECISION
    hold = hold_now(desk.policy(), request)
    return _count(
        tx,
        click,
        request=request,
        person=person,
        rules=rules,
        who=who,
        at=at,
        is_fast=is_fast,
        hold=hold,
    )


def _is_view(card: Card) -> bool:
    return card.kind is CardKind.VIEW


def rules_now(
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
        _close(tx, request, Cause.RULE, at=at, reason=denied_by(now))
        raise errors.DeniedByPolicy(now.message, request=request)
    rules = rules_in_force(request, now)
    at_last = rules_to_come(request, rules)
    # Where several have to agree, nobody counts by a membership read before the click.
    is_stale = people_needed(rules) > 1 and not who.is_fresh
    is_outdated = who.policy_version != policy.version
    if is_stale or is_outdated or set_names(at_last) - who.people.keys():
        raise PeopleMissing(set_names(at_last), fresh=is_stale)
    if nobody_left(at_last, who.people, request.may_not_approve):
        _close(tx, request, Cause.NO_ELIGIBLE_APPROVER, at=at)
        raise errors.NotApprover(request=request)
    return rules


def _close(
    tx: Transaction,
    request: ApprovalRequest,
    cause: Cause,
    *,
    at: datetime,
    reason: str | None = None,
) -> None:
    save_step(tx, advance(request, cause, now=at, reason=reason))


def _count(
    tx: Transaction,
    click: Click,
    *,
    request: ApprovalRequest,
    person: Approver,
    rules: Rules,
    who: Presser,
    at: datetime,
    is_fast: bool,
    hold: timedelta,
) -> Answer:
    earlier = tx.decisions(request.id)
    own = next((each for each in earlier if each.user == person.user), None)
    approvals = approvals_now(tx, earlier, rules=rules, who=who)
    decision = Decision(
        request_id=request.id,
        user=person.user,
        team=person.team,
        verdict=click.verdict,
        reason=click.reason,
        at=at,
        sets=person.belongs_to,
    )
    is_again = own is not None and own.verdict is click.verdict
    if own is None:
        tx.add_decision(decision)
    else:
        decision = replace(own, sets=person.belongs_to) if is_again else decision
        tx.replace_decision(decision)
    if not is_again:
        tx.record(recorded(decision, request, is_fast=is_fast))
    cause = _ending(decision, approvals, rules=rules)
    if cause is not None:
        if cause is Cause.PEOPLE and hold:
            step = held(request, at + hold, by=person.user, now=at)
        else:
            step = advance(request, cause, now=at, by=person.user, reason=click.reason)
        save_step(tx, step)
        return Answer(request=step.request, decision=decision)
    shown = replace(request, version=request.version + 1)
    tx.save_request(shown)
    tx.enqueue(card_job(shown, at))
    if is_again:
        sets = [each.sets for each in (*approvals, decision)]
        raise errors.AlreadyCounted(request=shown, progress=progress(rules, sets))
    return Answer(request=shown, decision=decision)


def _ending(decision: Decision, approvals: Sequence[Decision], *, rules: Rules) -> Cause | None:
    """Return why the request ends with *decision*, or None while more are needed."""
    if decision.verdict is Verdict.REJECT:
        return Cause.PERSON
    return Cause.PEOPLE if is_met(rules, [each.sets for each in (*approvals, decision)]) else None
