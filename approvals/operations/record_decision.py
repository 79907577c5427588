"""The transaction behind a click: check it in full, store the verdict, end the request if enough.

A plain function of a transaction, run by `decide`. A refusal is stored as an audit event and
returned, not raised, because a late click also commits `timed_out`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from approvals.domain import edit_errors, errors
from approvals.domain.approval_request import ApprovalRequest, Cause
from approvals.domain.card import Card, CardKind
from approvals.domain.decision import (
    Approver,
    Decision,
    Verdict,
)
from approvals.domain.hold import held
from approvals.domain.lifecycle import advance, card_job
from approvals.domain.quorum import Rules, is_met, progress
from approvals.domain.requirement import WantedReason
from approvals.operations.check_decider import eligible_presser
from approvals.operations.click import Answer, Click, Presser
from approvals.operations.count_approvals import approvals_now
from approvals.operations.desk import Desk
from approvals.operations.hold_now import hold_now
from approvals.operations.ports import Transaction
from approvals.operations.record_refusal import refuse
from approvals.operations.recorded import recorded
from approvals.operations.save_step import save_step

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
    # From now, not from the click: whoever wants to stop it has all of the seconds.
    held_until = desk.clock.now() + hold if hold else None
    return _count(
        tx,
        click,
        request=request,
        person=person,
        rules=rules,
        who=who,
        at=at,
        is_fast=is_fast,
        held_until=held_until,
    )


def _is_view(card: Card) -> bool:
    return card.kind is CardKind.VIEW


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
    held_until: datetime | None,
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
        if cause is Cause.PEOPLE and held_until is not None:
            step = held(request, held_until, by=person.user, now=at)
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
