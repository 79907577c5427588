"""May this person decide this request now? The checks behind every click that is about deciding.

Called in the transactions of deciding, extending and editing, and of the windows that lead there,
after `check_presser`. What a click finds to be overdue, or denied by now, it closes on the way.
"""

from dataclasses import dataclass
from datetime import datetime

from approvals.domain import edit_errors, errors
from approvals.domain.approval_request import ApprovalRequest, Cause
from approvals.domain.card import Card
from approvals.domain.decision import Approver, Verdict, refuse_ineligible
from approvals.domain.follow_up import has_timed_out
from approvals.domain.hold_errors import AlreadyHeld
from approvals.domain.lifecycle import advance
from approvals.domain.outcome import denied_by
from approvals.domain.quorum import Rules
from approvals.domain.requirement import Effect, Requirement
from approvals.operations.check_presser import checked_presser
from approvals.operations.click import Click, PeopleMissing, Presser
from approvals.operations.desk import Desk
from approvals.operations.hearing import Hearing
from approvals.operations.people_now import (
    may_not_approve_now,
    nobody_left,
    people_needed,
    requirement_now,
    rules_in_force,
    rules_to_come,
    set_names,
)
from approvals.operations.ports import Transaction
from approvals.operations.refuse_frozen import refuse_frozen
from approvals.operations.save_step import save_step
from approvals.operations.timeout_cause import timeout_cause


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """What counts for a pending request at this moment, by one policy."""

    rules: Rules
    """Whose approval counts, and of how many."""
    now: Requirement
    """What the policy asks of the call by now."""


def eligible_presser(hearing: Hearing, request: ApprovalRequest) -> tuple[Card, Approver, InForce]:
    """Return the pressed card, the person who may give this verdict now, and what counts now.

    Raises:
        DecisionRefused: why not; what is overdue or denied by now is closed.
        PeopleMissing
    """
    found = entitled_presser(hearing, request)
    if hearing.click.verdict is Verdict.APPROVE:
        where = (request.requirement.channel, request.channel)
        refuse_frozen(hearing.tx, *where, now=hearing.at)
    return found


def entitled_presser(hearing: Hearing, request: ApprovalRequest) -> tuple[Card, Approver, InForce]:
    """Return the same where a freeze stands in the way of nothing: what it does starts nothing.

    Raises:
        DecisionRefused, PeopleMissing
    """
    card, person, counts = pending_presser(hearing, request)
    refuse_verdict(hearing.click, request, person=person, counts=counts)
    return card, person, counts


def refuse_verdict(
    click: Click, request: ApprovalRequest, *, person: Approver, counts: InForce
) -> None:
    """Refuse a verdict that *person* may not give, or that is not about what is stored now.

    Raises:
        DecisionRefused: why not.
    """
    slots = [slot for each in counts.rules for slot in each]
    refuse_ineligible(person, request, verdict=click.verdict, slots=slots)
    if click.verdict is Verdict.APPROVE:
        if person.user in request.editors & may_not_approve_now(request, counts.now):
            raise edit_errors.EditorMayNotApprove
        refuse_outdated(request, click)
        if request.held_until is not None:
            raise AlreadyHeld(request=request)


def pending_presser(hearing: Hearing, request: ApprovalRequest) -> tuple[Card, Approver, InForce]:
    """Return the pressed card of a request that can be decided, the person, what counts now.

    Raises:
        DecisionRefused: why not; what is overdue or denied by now is closed.
        PeopleMissing
    """
    card, person = checked_presser(hearing, request)
    who, at = hearing.who, hearing.at
    return card, person, open_rules(hearing.tx, hearing.desk, request, who=who, at=at)


def open_rules(
    tx: Transaction, desk: Desk, request: ApprovalRequest, *, who: Presser, at: datetime
) -> InForce:
    """Return what counts now for a request that is still open.

    Raises:
        DecisionRefused: it is not, or not any more; what is overdue or denied by now is closed.
        PeopleMissing
    """
    if not request.is_pending:
        raise errors.AlreadyDecided(request=request)
    if has_timed_out(request, now=at):
        step = advance(request, timeout_cause(tx, request), now=at)
        save_step(tx, step)
        raise errors.TimedOut(request=step.request)
    return rules_now(tx, desk, request, who=who, at=at)


def refuse_outdated(request: ApprovalRequest, click: Click) -> None:
    """Refuse what was said of other arguments than are stored now: the card shown was older.

    Raises:
        CardOutdated
    """
    if is_outdated(request, click):
        raise edit_errors.CardOutdated(request=request)


def is_outdated(request: ApprovalRequest, click: Click) -> bool:
    """Whether the card pressed showed other arguments than are stored now.

    A card that does not say what it shows is older than any change of arguments.
    """
    seen = request.asked_digest if click.digest is None else click.digest
    return seen not in (request.call.digest, request.shown_digest)


def rules_now(
    tx: Transaction, desk: Desk, request: ApprovalRequest, *, who: Presser, at: datetime
) -> InForce:
    """Return what counts now; a policy that denies now, or names nobody, closes."""
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
    if nobody_left(at_last, who.people, may_not_approve_now(request, now)):
        _close(tx, request, Cause.NO_ELIGIBLE_APPROVER, at=at)
        raise errors.NotApprover(request=request)
    return InForce(rules=rules, now=now)


def _close(
    tx: Transaction,
    request: ApprovalRequest,
    cause: Cause,
    *,
    at: datetime,
    reason: str | None = None,
) -> None:
    save_step(tx, advance(request, cause, now=at, reason=reason))
