"""Counting at a click: whose earlier approvals still stand, by the people and accounts of now.

Called by `record_decision` inside its transaction. The sets a person belongs to are stored with
their decision as of the last count, so that the card tells what really counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.decision import Decision, Verdict, refuse_unfit
from approvals.domain.ids import TeamId, UserId
from approvals.operations.check_decider import InForce
from approvals.operations.check_presser import approver
from approvals.operations.click import PeopleMissing, Presser
from approvals.operations.people_now import may_not_approve_now, set_names
from approvals.operations.ports import Transaction


def approvals_now(
    tx: Transaction,
    request: ApprovalRequest,
    earlier: Sequence[Decision],
    *,
    counts: InForce,
    who: Presser,
) -> list[Decision]:
    """Return the approvals among *earlier* of others than the presser, if any, that count now.

    Raises:
        PeopleMissing: the accounts of those who approved have to be read first.
    """
    own = who.person.user if who.person is not None else None
    others = [each for each in earlier if each.user != own]
    if unread := _teams(others).keys() - who.others.keys():
        raise PeopleMissing(
            set_names(counts.rules),
            {user: team for user, team in _teams(others).items() if user in unread},
        )
    excluded = may_not_approve_now(request, counts.now)
    is_certain = None not in who.people.values() and None not in who.others.values()
    counted = [
        replace(each, sets=() if each.user in excluded else _sets_now(each.user, who))
        for each in others
    ]
    for before, now in zip(others, counted, strict=True):
        if is_certain and before.sets != now.sets:
            tx.replace_decision(now)
    return [each for each in counted if each.sets and each.verdict is Verdict.APPROVE]


def _teams(decisions: Sequence[Decision]) -> Mapping[UserId, TeamId]:
    return {each.user: each.team for each in decisions}


def _sets_now(user: UserId, who: Presser) -> tuple[str, ...]:
    """Return the sets in which *user* counts now; none for an account that may not decide."""
    person = who.others.get(user)
    if person is None:
        return ()
    found = approver(person, who.people)
    try:
        refuse_unfit(found)
    except errors.DecisionRefused:
        return ()
    return found.belongs_to
