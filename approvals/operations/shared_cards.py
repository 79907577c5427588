"""Inside a transaction: which requests a card shows, and which cards show a request.

Most requests are alone on their card and cost nothing here. What shares a card is locked together,
by id, before any of it is changed: the card belongs to the first, and a click decides all of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import Card
from approvals.domain.errors import RequestUnknown
from approvals.domain.ids import RequestId
from approvals.domain.joining import (
    JOINERS_MAX,
    PARTS_MAX,
    is_burst,
    is_identical,
    is_of_one_burst,
    is_of_one_turn,
    joined_event,
    may_be_a_part,
    may_fold,
    may_join,
    parts,
    version_of,
    with_joiner,
)
from approvals.domain.terms import FOLD
from approvals.operations.ports import Display, Transaction


def find_card(
    tx: Transaction, request: ApprovalRequest, display: Display
) -> ApprovalRequest | None:
    """Return the request whose card shows the new *request* from now on, or None.

    That is an identical one nobody has decided about yet, because a decision is about what its
    card named then; else one of the same turn, where *display* has room for both; else, where
    more cards of its agent wait than people are to be shown, the latest of these that may fold.
    """
    if not may_join(request):
        return None
    first = tx.joinable(request, most=JOINERS_MAX)
    if first is not None:  # it is locked, and only what is younger may be locked after it
        fits = is_identical(first, request) and not tx.decisions(first.id)
        return first if fits else None
    if request.turn is not None and may_be_a_part(request) and display.fits_part(request):
        first = tx.joinable_turn(request, most=JOINERS_MAX)
        if first is not None and _has_room(tx, request, first, display):
            return first
    return _card_of_burst(tx, request, younger_than=first)


def _has_room(
    tx: Transaction, request: ApprovalRequest, first: ApprovalRequest, display: Display
) -> bool:
    if not is_of_one_turn(request, first):
        return False
    if not (may_be_a_part(first) and display.fits_part(first)):
        return False
    shown = tx.shown_with(first.id, locked=False) if first.joiners else [first]
    return len(parts([*shown, request])) <= PARTS_MAX


def _card_of_burst(
    tx: Transaction, request: ApprovalRequest, *, younger_than: ApprovalRequest | None
) -> ApprovalRequest | None:
    """Return, locked, the request into whose card this one folds where too many wait already.

    What was locked before it is older, so that everybody locks in one order.
    """
    if not may_fold(request):
        return None
    least = request.requirement.terms[FOLD]
    waiting = [
        each
        for each in tx.waiting_cards(request, least=least, most=JOINERS_MAX)
        if may_fold(each)
        and is_of_one_burst(request, each)
        and (younger_than is None or younger_than.id < each.id)
    ]
    if not waiting:
        return None
    seen = next((each for each in waiting if each.joiners), waiting[0])
    first = tx.request(seen.id)
    is_open = first is not None and first.is_pending and first.joiners < JOINERS_MAX
    return first if is_open else None


def put_on_card(tx: Transaction, request: ApprovalRequest, first: ApprovalRequest) -> None:
    """Let the card of *first* show *request*, which names it and is stored already.

    A card that shows a burst shows no call whole, whatever it showed before: each is reviewed.
    """
    tx.save_request(with_joiner(first))
    tx.record(joined_event(request))
    shown = tx.shown_with(first.id, locked=False)
    if is_burst([part[0] for part in parts(shown)]):
        for card in tx.cards_shown_with(first.id):
            if not card.is_personal and card.shows_everything:
                tx.save_card(replace(card, shows_everything=False))


def shown_by(tx: Transaction, request_id: RequestId) -> Sequence[ApprovalRequest]:
    """Return, locked, all requests on the card that shows this one, by id; none where unknown."""
    seen = tx.request(request_id, locked=False)
    if seen is None:
        return ()
    if seen.is_alone:
        alone = tx.request(request_id)
        if alone is not None and alone.is_alone:
            return (alone,)
    return tx.shown_with(seen.shown_by)


def locked_request(tx: Transaction, request_id: RequestId) -> ApprovalRequest:
    """Return one request, locked with all that share its card.

    Raises:
        RequestUnknown
    """
    return named_in(shown_by(tx, request_id), request_id)


def named_in(shown: Iterable[ApprovalRequest], request_id: RequestId) -> ApprovalRequest:
    """Return the one of *shown* that has this id.

    Raises:
        RequestUnknown
    """
    for each in shown:
        if each.id == request_id:
            return each
    raise RequestUnknown


def alike_locked(tx: Transaction, request_id: RequestId) -> Sequence[ApprovalRequest]:
    """Return, locked, the request and those a button about it stands for too, by id."""
    shown = shown_by(tx, request_id)
    named = next((each for each in shown if each.id == request_id), None)
    return () if named is None else [each for each in shown if is_identical(each, named)]


def shown_first(tx: Transaction, request_id: RequestId) -> Sequence[ApprovalRequest]:
    """Return, by id and not locked, what can be read of all on the card that shows this one.

    It need not be readable itself where the card is its own; none where it is unknown.
    """
    shown = tx.shown_with(request_id, locked=False)
    first = next((each for each in shown if each.id == request_id), None)
    return shown if first is None or first.joined is None else on_card_of(tx, first)


def unread_version(tx: Transaction, shown: Sequence[ApprovalRequest]) -> int:
    """Return what those add to the version of the card of all of these that cannot be read."""
    if all(each.is_alone for each in shown):
        return 0
    return tx.version_shown_with(shown[0].shown_by) - version_of(shown)


def on_card_of(tx: Transaction, request: ApprovalRequest) -> Sequence[ApprovalRequest]:
    """Return all requests on the first card of this one as they are now, by id, not locked."""
    return (request,) if request.is_alone else tx.shown_with(request.shown_by, locked=False)


def alike(tx: Transaction, request: ApprovalRequest) -> Sequence[ApprovalRequest]:
    """Return those of them that a button about this one stands for."""
    return [each for each in on_card_of(tx, request) if is_identical(each, request)]


def shown_on(tx: Transaction, card: Card, request: ApprovalRequest) -> Sequence[ApprovalRequest]:
    """Return, by id, all that *card*, one of *request*, shows."""
    told = parts_on(card, on_card_of(tx, request))
    return sorted((each for part in told for each in part), key=lambda each: each.id)


def parts_on(card: Card, shown: Sequence[ApprovalRequest]) -> list[list[ApprovalRequest]]:
    """Return which parts of what is *shown* with its own request stand on *card*.

    On the first card all; on that of a rung those it was fired for; else the one of its request.
    """
    found = parts(shown)
    if card.shows_all:
        return found
    return [part for part in found if any(_is_asked_on(card, each) for each in part)]


def _is_asked_on(card: Card, request: ApprovalRequest) -> bool:
    return request.id == card.request_id or request.followed_up.rung_of(card.id) is not None


def cards_showing(tx: Transaction, request: ApprovalRequest) -> tuple[Card, ...]:
    """Return the cards that show *request*: its own, and messages of those it shares one with."""
    cards = cards_showing_all(tx, request)
    return tuple(each for each in cards if each.request_id == request.id or not each.is_personal)


def cards_showing_all(tx: Transaction, request: ApprovalRequest) -> Sequence[Card]:
    """Return the cards of *request* and of all it shares one with, oldest first."""
    return tx.cards(request.id) if request.is_alone else tx.cards_shown_with(request.shown_by)
