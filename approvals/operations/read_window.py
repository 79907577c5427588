"""Behind Details and the forms: check who pressed, then give what the window shows.

`read_window` is a plain function of a transaction, run by `decide.open_window`; it stores refusals
and adopts a second post of a card like every click. `who_may_approve` is the only read of people.
"""

from dataclasses import dataclass

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.asking_back import refuse_unasked
from approvals.domain.ids import UserId
from approvals.domain.requirement import Effect
from approvals.operations.check_decider import eligible_presser, entitled_presser
from approvals.operations.check_onlooker import refuse_onlooker
from approvals.operations.check_presser import checked_presser
from approvals.operations.click import Answer, WindowUse
from approvals.operations.desk import Desk
from approvals.operations.hearing import Hearing
from approvals.operations.people_now import (
    may_not_approve_now,
    of_both_moments,
    people_now,
    requirement_now,
    rules_in_force,
    set_names,
)
from approvals.operations.ports import CardContent
from approvals.operations.read_card import read_content, with_past
from approvals.operations.record_refusal import refuse
from approvals.operations.shared_cards import locked_request


@dataclass(frozen=True, slots=True, kw_only=True)
class MayApprove:
    """Who could approve a pending request at this moment."""

    people: frozenset[UserId] = frozenset()
    is_complete: bool = True
    """False when the directory could not say who belongs to some set."""
    obstacle: errors.Refusal | None = None
    """Why the policy in force lets nobody approve it."""


def read_window(hearing: Hearing, *, use: WindowUse) -> CardContent | Answer:
    """Return what the pressed card shows, or the refusal.

    Anybody who is fit may look, unless it is private; a form is only for who may send it at this
    moment.

    Raises:
        PeopleMissing: people sets are needed that *who* does not hold.
    """
    tx, desk = hearing.tx, hearing.desk
    try:
        request = locked_request(tx, hearing.click.request_id)
        if use is WindowUse.LOOK:
            card, person = checked_presser(hearing, request)
            refuse_onlooker(desk, request, person, who=hearing.who)
        elif use is WindowUse.ANSWER_BACK:
            card, person = checked_presser(hearing, request)
            refuse_unasked(request, person.user)
        else:
            check = eligible_presser if use is WindowUse.DECIDE else entitled_presser
            card, _, _ = check(hearing.on(request), request)
    except errors.DecisionRefused as refusal:
        is_verdict = use in (WindowUse.LOOK, WindowUse.DECIDE)
        wanted = None if is_verdict else use.value
        return refuse(hearing, refusal, wanted=wanted)
    return with_past(tx, read_content(tx, request, card, policy=desk.policy(), now=hearing.at))


async def who_may_approve(desk: Desk, request: ApprovalRequest) -> MayApprove:
    """Return who could approve *request* under the policy in force now."""
    policy = desk.policy()
    try:
        now = requirement_now(policy, request)
    except errors.ChannelUnknown as unknown:
        return MayApprove(obstacle=unknown)
    if now.effect is Effect.DENY:
        return MayApprove(obstacle=errors.DeniedByPolicy(now.message))
    names = set_names(rules_in_force(request, now))
    read = await people_now(desk, policy, names)
    people = of_both_moments(read.members, request.requirement)
    known = [members for members in people.values() if members is not None]
    return MayApprove(
        people=frozenset().union(*known) - may_not_approve_now(request, now),
        is_complete=len(known) == len(people),
    )
