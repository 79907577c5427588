"""An agent asks: open the question, or find the one already asked under the same key.

Called by the local gateway (and later by the HTTP door) once the policy said `ask`. One
transaction stores the pending request, its card row, the audit event and the card's job.
"""

from dataclasses import replace
from datetime import datetime

from approvals.domain import errors, run_errors
from approvals.domain.approval_request import ApprovalRequest, Cause, Status
from approvals.domain.card import Card
from approvals.domain.ids import CardId
from approvals.domain.inquiry import inquiry_of, is_inquiry
from approvals.domain.lifecycle import (
    PermitEvent,
    Step,
    advance,
    advance_permit,
    allowed,
    denied,
    opened,
)
from approvals.domain.limits import Limits
from approvals.domain.permit import Permit, PermitState, Settlement, has_lapsed, may_repeat
from approvals.domain.question import runs_nothing
from approvals.domain.requirement import Risk
from approvals.domain.tool_schema import ToolSchema
from approvals.domain.upkeep import LOOK_EVERY
from approvals.operations.before_asking import of_these_people, shows_everything
from approvals.operations.desk import Desk
from approvals.operations.fit_people import fit_people
from approvals.operations.pending_of_run import refuse_one_too_many
from approvals.operations.people_now import (
    nobody_left,
    people_now,
    rules_to_come,
    set_names,
)
from approvals.operations.ports import Transaction
from approvals.operations.refuse_frozen import freeze_of, refuse_frozen
from approvals.operations.refuse_over_limit import refuse_over_limit
from approvals.operations.restraint import answered_lately, refuse_over_budget, take_turn
from approvals.operations.save_step import save_step
from approvals.operations.shared_cards import find_card, put_on_card

_NEVER_ANSWERED = frozenset(
    {Cause.FROZEN, Cause.UNDELIVERABLE, Cause.NO_ELIGIBLE_APPROVER, Cause.UNAVAILABLE}
)


async def submit_request(
    desk: Desk,
    request: ApprovalRequest,
    *,
    schema: ToolSchema | None = None,
    pending_max: int | None = None,
    limits: Limits | None = None,
) -> ApprovalRequest:
    """Store *request*, or return the one found under its key; the answer may have ended already.

    What a person rejected just now is returned too, instead of being asked again. What is frozen
    is stored as ended, cause `frozen`, and nobody is asked. The *schema* it names is stored too.
    What stands under its key stands, also when nobody could be asked by now.

    Raises:
        IdempotencyMismatch: the key was used for another digest, requester or channel.
        NoEligibleApprover: nobody may approve it, so nobody is asked.
        Unavailable: the risk is high and the directory cannot say who may approve.
        TooManyPending: *pending_max* questions of its run wait already.
        TooManyPending, TooManyAltogether, TooManyNew: the *limits* are reached.
        InvalidInquiry: it is one that no answer could be sure to fit.
        BudgetSpent: too many questions were put to the channel's people lately.
        Refusal: the display cannot show it to anyone.
        StoreUnavailable: nothing was stored.
    """
    if is_inquiry(request.call):
        inquiry_of(request.call)
    try:
        request = await _of_its_people(desk, request)
        is_whole = await shows_everything(desk, request)
    except errors.Refusal:
        stands = await _asked_before(desk, request)
        if stands is None:
            raise
        return stands
    card = Card(
        id=CardId(desk.ids.ulid()),
        request_id=request.id,
        channel=request.channel,
        nonce=desk.ids.secret(),
        shows_everything=is_whole,
        look_at=request.created_at + LOOK_EVERY,
    )

    def unit(tx: Transaction) -> ApprovalRequest:
        take_turn(tx, request)
        stored = _open(tx, desk, request, card, bounds=(pending_max, limits))
        if schema is not None and stored.id == request.id:
            tx.keep_schema(schema)
        return stored

    return await desk.store.write(unit)


async def _of_its_people(desk: Desk, request: ApprovalRequest) -> ApprovalRequest:
    """Return *request* with the people it is left to, where the risk is high.

    Raises:
        NoEligibleApprover, Unavailable
    """
    rules = rules_to_come(request, request.requirement.slots_by_rule)
    people = (await people_now(desk, desk.policy(), set_names(rules))).members
    excluded = request.kept_out
    fit = await fit_people(desk.directory, people, excluded=excluded)
    if nobody_left(rules, fit, excluded):
        raise errors.NoEligibleApprover(
            f"Too few people may approve {request.call.tool} in "
            f"{request.requirement.channel_name}; the requester, bots, guests and people who left "
            "do not count. "
            "Add people to the sets its rules name in the policy."
        )
    is_high = request.requirement.risk is Risk.HIGH
    return of_these_people(request, people) if is_high else request


async def _asked_before(desk: Desk, request: ApprovalRequest) -> ApprovalRequest | None:
    """Return what stands under the key of *request*, if it has one."""
    if request.key is None:
        return None
    return await desk.store.write(lambda tx: _under_its_key(tx, request)[0])


async def record_allowed(desk: Desk, request: ApprovalRequest) -> ApprovalRequest:
    """Store a call that a rule allows, approved and ready to be claimed; nobody is asked.

    Its card is not posted unless the call is interrupted and people have to say what became of it.

    Raises:
        Frozen: a freeze is in force.
        IdempotencyMismatch: the key was used for another digest, requester or channel.
        StoreUnavailable: nothing was stored.
    """
    return await _record_settled(desk, allowed(request))


async def record_denied(desk: Desk, request: ApprovalRequest) -> ApprovalRequest:
    """Store a call that a rule denies, so that its caller can read that by its id.

    Raises:
        IdempotencyMismatch: the key was used for another digest, requester or channel.
        StoreUnavailable: nothing was stored.
    """
    return await _record_settled(desk, denied(request))


async def _record_settled(desk: Desk, step: Step) -> ApprovalRequest:
    request = step.request
    card = Card(
        id=CardId(desk.ids.ulid()),
        request_id=request.id,
        channel=request.channel,
        nonce=desk.ids.secret(),
        shows_everything=False,
    )

    def unit(tx: Transaction) -> ApprovalRequest:
        stands, found = _under_its_key(tx, step.request)
        if stands is not None:
            return stands
        _add(tx, found, card, step.permit)
        if step.permit is not None:
            where = (request.requirement.channel, request.channel)
            refuse_frozen(tx, *where, now=desk.clock.now())
            tx.save_permit(step.permit)
        tx.record(step.event)
        return found

    return await desk.store.write(unit)


def _open(
    tx: Transaction,
    desk: Desk,
    request: ApprovalRequest,
    card: Card,
    *,
    bounds: tuple[int | None, Limits | None],
) -> ApprovalRequest:
    stands, found = _under_its_key(tx, request)
    if stands is None and found.earlier is None:
        stands = answered_lately(tx, request)
    if stands is not None:
        return stands
    now = desk.clock.now()
    freeze = freeze_of(tx, found, now=now)
    first = find_card(tx, found, desk.display) if freeze is None else None
    if first is not None:
        found = replace(found, joined=first.id)
    _add(tx, found, card if first is None else None)
    step = opened(found)
    tx.record(step.event)
    if first is not None:
        put_on_card(tx, found, first)
    if freeze is not None:
        by = freeze.by.user
        step = advance(found, Cause.FROZEN, now=now, by=by, reason=freeze.reason)
        save_step(tx, step)
        return step.request
    pending_max, limits = bounds
    refuse_one_too_many(tx, request, pending_max)
    if limits is not None:
        refuse_over_limit(tx, request, limits)
    refuse_over_budget(tx, request)
    for job in step.jobs:
        tx.enqueue(job)
    return found


def _under_its_key(
    tx: Transaction, request: ApprovalRequest
) -> tuple[ApprovalRequest | None, ApprovalRequest]:
    """Return what stands under the key of *request*, and *request* as it is put if nothing does.

    Locks its run first, in the order that `run_rows` tells.
    """
    run = tx.run(request.run_id) if request.run_id is not None else None
    if run is not None and run.has_ended:
        raise run_errors.RunEnded
    earlier = tx.request_by_key(request.key) if request.key is not None else None
    if earlier is None:
        return None, request
    if not is_same_question(earlier, request):
        raise errors.IdempotencyMismatch
    if not asks_again(tx, earlier, now=request.created_at):
        return earlier, request
    return None, replace(request, earlier=earlier.id, ask_number=earlier.ask_number + 1)


def _add(
    tx: Transaction, request: ApprovalRequest, card: Card | None, permit: Permit | None = None
) -> None:
    tx.add_request(request, permit)
    if card is not None:
        tx.save_card(card)


def is_same_question(earlier: ApprovalRequest, request: ApprovalRequest) -> bool:
    """Whether a key may stand for both: an approval belongs to its requester and its channel.

    What people changed since does not matter: the key names the question as it was asked.
    """
    return (
        earlier.asked_digest == request.call.digest
        and earlier.requester == request.requester
        and earlier.requirement.channel == request.requirement.channel
    )


def asks_again(
    tx: Transaction, earlier: ApprovalRequest, *, now: datetime, repeats: bool = False
) -> bool:
    """Whether the question asked under a key before has to be put again.

    That is so when its approval lapsed or its execution got lost, and when nobody ever saw it.
    What got lost in a run is first settled by a person, who may let it be asked again.
    """
    if earlier.status is not Status.APPROVED:
        return earlier.cause in _NEVER_ANSWERED
    permit = tx.permit(earlier.id)
    if permit is None:
        return not runs_nothing(earlier.call)
    if permit.state is PermitState.UNCLAIMED and lapses(earlier, permit, now=now):
        save_step(tx, advance_permit(earlier, permit, PermitEvent.LAPSE, now=now))
        return True
    if permit.state is PermitState.UNKNOWN:
        approved_for = earlier.requirement.approved_for
        if repeats and may_repeat(permit, approved_for=approved_for, now=now):
            return False
        return earlier.run_id is None or permit.settlement is Settlement.AGAIN
    return permit.state is PermitState.LAPSED


def lapses(request: ApprovalRequest, permit: Permit, *, now: datetime) -> bool:
    """Whether *permit* may no longer be claimed, by the times of its request's requirement."""
    asked = request.requirement
    return has_lapsed(permit, permit_ttl=asked.permit_ttl, approved_for=asked.approved_for, now=now)
