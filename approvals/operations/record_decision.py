"""The transaction behind a click: check it in full, store the verdict, end the request if enough.

A plain function of a transaction, run by `decide`. A refusal is stored as an audit event and
returned, not raised, because a late click also commits `timed_out`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from approvals.domain import edit_errors, errors
from approvals.domain.approval_request import ApprovalRequest, Cause
from approvals.domain.card import Card, CardKind
from approvals.domain.decision import Approver, Decision, Verdict
from approvals.domain.hold import held
from approvals.domain.inquiry import is_inquiry, refuse_misfit
from approvals.domain.inquiry_errors import NoInquiry
from approvals.domain.jobs_after import card_job
from approvals.domain.lifecycle import advance
from approvals.domain.quorum import Rules, is_met, progress
from approvals.domain.requirement import WantedReason
from approvals.domain.terms import REASON
from approvals.operations.check_decider import InForce, is_outdated, open_rules, refuse_verdict
from approvals.operations.check_presser import checked_presser
from approvals.operations.click import Answer, Click
from approvals.operations.count_approvals import approvals_now
from approvals.operations.hearing import Hearing
from approvals.operations.hold_now import hold_now
from approvals.operations.people_now import of_then_and_now
from approvals.operations.ports import Transaction
from approvals.operations.record_refusal import refuse
from approvals.operations.recorded import recorded
from approvals.operations.refuse_frozen import refuse_frozen
from approvals.operations.save_step import save_step
from approvals.operations.shared_cards import alike_locked, named_in

FAST_DECISION = timedelta(seconds=2)
"""A decision so soon after its card was drawn is flagged: nobody reads that fast (case A17)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Press:
    """A click as it counts for every request it decides: checked once, because they are alike."""

    card: Card
    person: Approver
    names_all: bool
    """Whether the button named as many requests as there are now."""
    now: datetime
    """A hold begins now, not at the click: whoever wants to stop it has all of the seconds."""
    is_fast: bool
    """Whether nobody can have read the card since it was drawn."""


def record_decision(hearing: Hearing) -> Answer:
    """Store the verdict of the click, or the refusal with its reason.

    Where its card shows identical requests it is stored for each of them that is still open, as
    if each stood there alone; an approval only if the button named just as many.

    Raises:
        PeopleMissing: people sets are needed that *who* does not hold.
    """
    tx, click = hearing.tx, hearing.click
    same = alike_locked(tx, click.request_id)
    try:
        named = named_in(same, click.request_id)
        hearing = hearing.on(named)
        card, person = checked_presser(hearing, named)
    except errors.DecisionRefused as refusal:
        return refuse(hearing, refusal)
    press = _Press(
        card=card,
        person=person,
        names_all=click.others == len(same) - 1,
        now=hearing.desk.clock.now(),
        is_fast=card.drawn_at is not None and hearing.at - card.drawn_at < FAST_DECISION,
    )
    # What the card showed of one it showed of all, each under a mark of its own.
    is_current = not is_outdated(named, click)
    heard = []
    for each in _to_decide(same, named):
        digest = each.shown_digest if is_current else click.digest
        its_click = replace(click, request_id=each.id, digest=digest)
        heard.append((each, replace(hearing, click=its_click)))
    return _record_all(heard, press)


def _to_decide(
    alike: Sequence[ApprovalRequest], named: ApprovalRequest
) -> Sequence[ApprovalRequest]:
    """Return what one click decides: all that is open on its card, the one it names first."""
    others = [each for each in alike if each.is_pending and each.id != named.id]
    return [named, *others] if named.is_pending or not others else others


def _record_all(heard: Sequence[tuple[ApprovalRequest, Hearing]], press: _Press) -> Answer:
    """Return what a person is told: the first decision, else the first refusal."""
    first: Answer | None = None
    counted = 0
    for request, hearing in heard:
        answer = _record_one(hearing, request, press)
        if first is None or (answer.decision is not None and not counted):
            first = answer
        counted += answer.decision is not None
        if not counted and _is_open(hearing.tx, request):
            break  # what is refused of one that stays open would be refused of all
    assert first is not None
    return replace(first, counted=counted)


def _is_open(tx: Transaction, request: ApprovalRequest) -> bool:
    stored = tx.request(request.id, locked=False)
    return stored is not None and stored.is_pending


def _record_one(hearing: Hearing, request: ApprovalRequest, press: _Press) -> Answer:
    try:
        return _record(hearing, request, press)
    except errors.DecisionRefused as refusal:
        return refuse(hearing, refusal)


def _record(hearing: Hearing, request: ApprovalRequest, press: _Press) -> Answer:
    tx, desk, click = hearing.tx, hearing.desk, hearing.click
    counts = open_rules(tx, desk, request, who=hearing.who, at=hearing.at)
    refuse_verdict(click, request, person=press.person, counts=counts)
    if click.verdict is Verdict.APPROVE:
        refuse_frozen(tx, request.requirement.channel, request.channel, now=hearing.at)
        if not press.names_all:
            raise edit_errors.MoreJoined(request=request)
        _refuse_unfit(click, request, press)
    wants_reason = of_then_and_now(REASON, request, counts.now) is WantedReason.ALWAYS
    # Who stops what is held has seconds; an answer is its own reason.
    excused = request.held_until is not None or click.answer is not None
    if wants_reason and not click.reason and not excused:
        raise edit_errors.ReasonRequired(request=request)
    return _count(hearing, request, press, counts)


def _refuse_unfit(click: Click, request: ApprovalRequest, press: _Press) -> None:
    """Refuse to approve a call unseen, and to approve what asks for an answer, or the reverse.

    Raises:
        DecisionRefused: which of these it is.
    """
    if is_inquiry(request.call):
        refuse_misfit(request.call, click.answer)
    elif click.answer is not None:
        raise NoInquiry(request=request)
    elif not (press.card.shows_everything or press.card.kind is CardKind.VIEW):
        raise errors.FullViewRequired(request=request, card=press.card)


def _count(hearing: Hearing, request: ApprovalRequest, press: _Press, counts: InForce) -> Answer:
    tx, click, at, person = hearing.tx, hearing.click, hearing.at, press.person
    earlier = tx.decisions(request.id)
    own = next((each for each in earlier if each.user == person.user), None)
    approvals = approvals_now(tx, request, earlier, counts=counts, who=hearing.who)
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
        tx.record(recorded(decision, request, is_fast=press.is_fast))
    rules, hold = counts.rules, hold_now(request, counts.now)
    # The first answer ends an inquiry, however many people its rules name.
    is_answer = decision.verdict is Verdict.APPROVE and click.answer is not None
    cause = Cause.PEOPLE if is_answer else _ending(decision, approvals, rules=rules)
    request = replace(request, answer=click.answer) if is_answer else request
    if cause is not None:
        if cause is Cause.PEOPLE and hold:
            step = held(request, press.now + hold, by=person.user, now=at)
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
