"""The clock's turn: remind, escalate, end what nobody answered in time, or nobody used.

Called by the sleeper at the earliest due moment and at start for what fell due while the gateway
was down. At most FOLLOW_UPS_MAX requests a transaction; the caller repeats while it is full.
What cannot be read or ended is logged and set aside for a while: one bad row stops no other.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import Card, CardKind
from approvals.domain.errors import StoreUnavailable
from approvals.domain.follow_up import due_at, end_of_use, follow_up, has_timed_out
from approvals.domain.followed_up import FiredRung
from approvals.domain.ids import CardId, RequestId
from approvals.domain.lifecycle import PermitEvent, advance, advance_permit
from approvals.domain.permit import PermitState, has_overrun
from approvals.operations.desk import Desk
from approvals.operations.end_hold import end_hold
from approvals.operations.ports import Transaction
from approvals.operations.save_step import save_step
from approvals.operations.shared_cards import cards_showing, on_card_of
from approvals.operations.submit_request import lapses
from approvals.operations.timeout_cause import timeout_cause

FOLLOW_UPS_MAX = 100
AGAIN_AFTER = timedelta(seconds=1)
SET_ASIDE_FOR = timedelta(minutes=10)
"""How long a request that cannot be followed up is left alone, so that it stops no other."""

_log = logging.getLogger("sayso.follow_ups")


async def send_follow_ups(desk: Desk) -> int:
    """Carry out what is due now and return how many requests that were.

    Raises:
        StoreUnavailable: nothing more was stored.
    """
    try:
        followed = await desk.store.write(lambda tx: _follow_up_all(tx, desk))
    except StoreUnavailable:
        raise
    except Exception:
        _log.exception("Follow-ups fail together; they are carried out one by one")
        followed = await desk.store.write(lambda tx: _overdue(tx, desk))
        for request in followed:
            await _alone(desk, request.id, _follow_up_alone)
    for request in followed:
        if request.is_held:
            await _alone(desk, request.id, end_hold)
    return len(followed)


def _overdue(tx: Transaction, desk: Desk) -> Sequence[ApprovalRequest]:
    now = desk.clock.now()
    return tx.overdue(now, limit=FOLLOW_UPS_MAX, else_at=now + SET_ASIDE_FOR)


def _follow_up_all(tx: Transaction, desk: Desk) -> Sequence[ApprovalRequest]:
    due = _overdue(tx, desk)
    for request in due:
        _follow_up(tx, desk, request)
    return due


def _follow_up(tx: Transaction, desk: Desk, request: ApprovalRequest) -> None:
    now = desk.clock.now()
    if not request.is_pending:
        _lapse(tx, request, now)
        return
    if has_timed_out(request, now=now):
        save_step(tx, advance(request, timeout_cause(tx, request), now=now))
        return
    beside = [each for each in on_card_of(tx, request) if each.id != request.id]
    due = follow_up(request, now=now, new_card=lambda: CardId(desk.ids.ulid()), beside=beside)
    if due is None:
        # Nothing is to be done of it before then, whatever its row says.
        tx.set_aside(request.id, max(due_at(request) or now, now + AGAIN_AFTER))
        return
    for fired in due.fired:
        if fired.card is not None:
            tx.save_card(_card(tx, desk, due.request, fired))
    for card in cards_showing(tx, request):
        if card.id in due.folded and card.shows_everything:
            whole = _first_card(tx, request).shows_everything
            tx.save_card(replace(card, shows_everything=whole))
    tx.save_request(due.request)
    tx.record(*due.events)
    for job in due.jobs:
        tx.enqueue(job)


def _lapse(tx: Transaction, request: ApprovalRequest, now: datetime) -> None:
    """Note of an approval whose time is over that nobody used it, or told how the use ended."""
    permit = tx.permit(request.id)
    if permit is not None and has_overrun(permit, now=now):
        save_step(tx, advance_permit(request, permit, PermitEvent.LOSE, now=now))
    elif permit is None or permit.state is not PermitState.UNCLAIMED:
        tx.set_aside(request.id, None if permit is None else due_at(request, permit))
    elif lapses(request, permit, now=now):
        save_step(tx, advance_permit(request, permit, PermitEvent.LAPSE, now=now))
    else:
        tx.set_aside(request.id, end_of_use(request, permit))


def _card(tx: Transaction, desk: Desk, request: ApprovalRequest, fired: FiredRung) -> Card:
    """Return the card that asks the people of a rung; like the first one, but for its place."""
    assert fired.card is not None
    return Card(
        id=fired.card,
        request_id=request.id,
        kind=CardKind.ESCALATION,
        channel=fired.rung.channel or request.channel,
        nonce=desk.ids.secret(),
        shows_everything=_first_card(tx, request).shows_everything,
    )


def _first_card(tx: Transaction, request: ApprovalRequest) -> Card:
    return next(card for card in cards_showing(tx, request) if card.kind is CardKind.MESSAGE)


async def _follow_up_alone(desk: Desk, request_id: RequestId) -> None:
    def unit(tx: Transaction) -> None:
        request = tx.request(request_id)
        if request is not None:
            _follow_up(tx, desk, request)

    await desk.store.write(unit)


async def _alone(
    desk: Desk, request_id: RequestId, work: Callable[[Desk, RequestId], Awaitable[None]]
) -> None:
    try:
        await work(desk, request_id)
    except StoreUnavailable:
        raise
    except Exception:
        _log.exception("Request %s cannot be followed up; it is set aside", request_id)
        again_at = desk.clock.now() + SET_ASIDE_FOR
        await desk.store.write(lambda tx: tx.set_aside(request_id, again_at))
