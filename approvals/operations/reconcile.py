"""Compare cards with what stands in Slack, and repair: at start, every few minutes, after a gap.

Called by the loop in `bot/convergence`. One sweep takes at most SWEEP_MAX cards with one indexed
query. Whatever shows less than is true gets a job (a lost post or job, buttons left behind, an
absence to tell of); of the rest it is asked whether the message still stands. What nobody can see
without reading channels, a second post that no row knows, is adopted by a click (`check_presser`).
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from approvals.domain.absence import Absence, missed_by
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import Card, CardKind
from approvals.domain.jobs_after import card_job
from approvals.domain.joining import spokesman, version_of
from approvals.domain.permit import is_unsettled
from approvals.domain.upkeep import LOOK_EVERY, lags, next_look
from approvals.operations.deliver_outbox import card_lost
from approvals.operations.desk import Desk
from approvals.operations.note_presence import absences
from approvals.operations.ports import Messenger, NotNow, Transaction, Undeliverable
from approvals.operations.shared_cards import on_card_of, shown_on, unread_version

SWEEP_MAX = 100
SET_ASIDE_FOR = timedelta(hours=1)
PATIENCE_S = 60.0
"""The longest wait for Slack within a sweep; what is not looked at by then stays due."""

_log = logging.getLogger("sayso.reconcile")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What looking at one card told."""

    card: Card
    is_there: bool = True
    trouble: str | None = None


async def reconcile(desk: Desk, messenger: Messenger, *, until: datetime) -> int:
    """Compare the cards due before *until*, longest due first; return how many those were.

    Raises:
        StoreUnavailable: nothing more was stored.
    """
    due, to_look_at = await desk.store.write(lambda tx: _plan(tx, desk, until=until))
    looks: list[_Look] = []
    try:
        for card in to_look_at:
            looks.append(await _look(messenger, card))
    except NotNow as delay:
        _log.info("Slack was not asked about %d cards: %s", len(to_look_at) - len(looks), delay)
    if looks:
        await desk.store.write(lambda tx: _repair(tx, desk, looks))
    return due


def _plan(tx: Transaction, desk: Desk, *, until: datetime) -> tuple[int, Sequence[Card]]:
    """Let what lags be drawn; return how many cards were due, and those to be looked at."""
    cards = tx.cards_to_look_at(until, limit=SWEEP_MAX)
    told, now = absences(tx), desk.clock.now()
    to_look_at = []
    for card in _by_request(cards):
        try:
            if _is_to_be_looked_at(tx, card, told, now):
                to_look_at.append(card)
        except Exception:  # whatever is wrong with it, the others are repaired
            _log.exception("What card %s shows cannot be read; it is set aside", card.id)
            tx.save_card(replace(card, look_at=now + SET_ASIDE_FOR))
    return len(cards), to_look_at


def _is_to_be_looked_at(
    tx: Transaction, card: Card, told: Sequence[Absence], now: datetime
) -> bool:
    """Whether Slack is asked about *card*; else whatever is to be done is done."""
    request = tx.request(card.request_id)
    assert request is not None
    if _is_to_be_drawn(tx, card, request, told):
        tx.enqueue_if_new(card_job(request, now))
    elif card.ts is not None and _is_open(tx, card, request):
        return True
    tx.save_card(_looked_at(tx, card, request, now))
    return False


def _is_to_be_drawn(
    tx: Transaction, card: Card, request: ApprovalRequest, told: Sequence[Absence]
) -> bool:
    if card.ts is None and not _is_open(tx, card, request):
        return False
    shown = shown_on(tx, card, request)
    version = version_of(shown) + unread_version(tx, on_card_of(tx, request))
    return lags(card, version, missed_by(spokesman(shown), told))


async def _look(messenger: Messenger, card: Card) -> _Look:
    while True:
        try:
            return _Look(card=card, is_there=await messenger.is_there(card))
        except Undeliverable as refused:
            return _Look(card=card, trouble=refused.code)
        except NotNow as delay:
            if delay.retry_after_s is None or delay.retry_after_s > PATIENCE_S:
                raise
            await asyncio.sleep(delay.retry_after_s)


def _repair(tx: Transaction, desk: Desk, looks: Sequence[_Look]) -> None:
    now = desk.clock.now()
    looked = {look.card.id: look for look in looks}
    for seen in _by_request(look.card for look in looks):
        look, request = looked[seen.id], tx.request(seen.request_id)
        assert request is not None
        card = next(each for each in tx.cards(request.id) if each.id == seen.id)
        if card.ts != seen.ts:
            continue  # it was posted, or found, meanwhile
        card = replace(card, trouble=look.trouble)
        if look.is_there or not _is_open(tx, card, request):
            tx.save_card(_looked_at(tx, card, request, now))
            continue
        if card.kind is CardKind.COPY:  # one less to close
            tx.save_card(replace(card, look_at=None))
            continue
        tx.record(card_lost(card, ts=card.ts or "", at=now))
        tx.save_card(replace(card, ts=None, version_shown=0, look_at=now + LOOK_EVERY))
        tx.enqueue(card_job(request, now))


def _looked_at(tx: Transaction, card: Card, request: ApprovalRequest, now: datetime) -> Card:
    return replace(
        card, look_at=next_look(card, request, is_open=_is_open(tx, card, request), now=now)
    )


def _is_open(tx: Transaction, card: Card, request: ApprovalRequest) -> bool:
    """Whether people can still press something on *card* that counts."""
    return any(_is_open_alone(tx, each) for each in shown_on(tx, card, request))


def _is_open_alone(tx: Transaction, request: ApprovalRequest) -> bool:
    if request.is_pending or request.run_id is None:
        return request.is_pending
    permit = tx.permit(request.id)
    return permit is not None and is_unsettled(permit)


def _by_request(cards: Iterable[Card]) -> list[Card]:
    """Requests are locked in the order of their ids, here as everywhere."""
    return sorted(cards, key=lambda card: card.request_id)
