"""A person says what became of an interrupted call of a run, and the run goes on with that.

Called by the buttons on the call's card. Who started the run may say it, and who may approve the
call. "Again" runs nothing by itself: it asks again, and the new card needs its own approval.
"""

from collections.abc import Collection, Mapping
from functools import partial

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.lifecycle import settle
from approvals.domain.permit import Settlement
from approvals.domain.run import Run
from approvals.operations.check_presser import checked_presser
from approvals.operations.click import Answer, Click, PeopleMissing
from approvals.operations.decide import with_people
from approvals.operations.desk import Desk
from approvals.operations.hearing import Hearing
from approvals.operations.people_now import set_names
from approvals.operations.record_refusal import refuse
from approvals.operations.save_step import save_step
from approvals.operations.shared_cards import locked_request

WANTED = "settle"


async def settle_call(desk: Desk, click: Click, settlement: Settlement) -> Answer:
    """Store what the person says, or the refusal with its reason; the click's verdict is not read.

    Raises:
        StoreUnavailable: nothing was stored.
    """
    return await with_people(desk, click, partial(_settle, settlement=settlement))


def _settle(hearing: Hearing, *, settlement: Settlement) -> Answer:
    tx = hearing.tx
    try:
        request = locked_request(tx, hearing.click.request_id)
        permit = tx.permit(request.id)
        if permit is None:
            raise errors.RequestUnknown
        _, person = checked_presser(hearing, request)
        run = tx.run(request.run_id, locked=False) if request.run_id else None
        if run is None or person.user != run.starter:
            _refuse_stranger(hearing, request, run, belongs=person.sets)
        step = settle(request, permit, settlement, by=person.user, now=hearing.at)
    except errors.DecisionRefused as refusal:
        return refuse(hearing, refusal, wanted=WANTED)
    save_step(tx, step)
    return Answer(request=step.request)


def _refuse_stranger(
    hearing: Hearing,
    request: ApprovalRequest,
    run: Run | None,
    *,
    belongs: Mapping[str, bool | None],
) -> None:
    desk, who = hearing.desk, hearing.who
    names = _approvers(desk, request)
    if who.policy_version != desk.policy().version or set(names) - who.people.keys():
        raise PeopleMissing(frozenset(names))
    if any(belongs.get(name) for name in names):
        return
    unread = tuple(sorted(name for name in names if belongs.get(name) is None))
    if unread:
        raise errors.IdentityUnverified(
            request=request, sets=unread, retry_after_s=who.retry_after_s
        )
    raise errors.NotApprover(
        "Only who started the task, and who may approve this call, can say what became of it.",
        request=request,
    )


def _approvers(desk: Desk, request: ApprovalRequest) -> Collection[str]:
    try:
        channel = desk.policy().approvers(request.requirement.channel)
    except errors.ChannelUnknown:
        channel = ()
    asked = set_names(request.requirement.slots_by_rule)
    return asked.union(channel, request.followed_up.added)
