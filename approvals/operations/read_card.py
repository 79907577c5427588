"""Everything a card tells, read in one transaction.

Used by the outbox before it draws a card, and by doors that open a view of a request.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from approvals.domain.absence import missed_by
from approvals.domain.approval_request import ApprovalRequest, Cause
from approvals.domain.card import Card, CardKind
from approvals.domain.effect import Mention
from approvals.domain.history import REMEMBERED_FOR
from approvals.domain.ids import RequestId, UserId
from approvals.domain.joining import spokesman
from approvals.domain.people import PeopleSet
from approvals.domain.permit import is_unsettled
from approvals.domain.policy import Policy
from approvals.domain.run import Run
from approvals.domain.terms import MENTION, NOTIFY
from approvals.operations.desk import Desk
from approvals.operations.note_presence import absences
from approvals.operations.people_now import barred_now, rules_shown
from approvals.operations.ports import Alike, CardContent, Transaction
from approvals.operations.refuse_frozen import freeze_of
from approvals.operations.shared_cards import (
    alike,
    cards_showing_all,
    parts_on,
    shown_first,
    unread_version,
)

PAST_MAX = 5
"""How many earlier calls a window shows."""


def read_content(
    tx: Transaction, request: ApprovalRequest, card: Card, *, policy: Policy, now: datetime
) -> CardContent:
    """Return what *card* of *request* has to show *now*, under the *policy* in force."""
    run = tx.run(request.run_id, locked=False) if request.run_id else None
    return CardContent(
        card=card,
        request=request,
        decisions=tuple(tx.decisions(request.id)),
        rules=rules_shown(policy, request) if request.is_pending else (),
        permit=tx.permit(request.id),
        earlier=tx.request(request.earlier, locked=False) if request.earlier else None,
        earlier_permit=tx.permit(request.earlier) if request.earlier else None,
        run=run,
        thread_ts=_thread(tx, run, request) if card.channel == request.channel else None,
        called=_called(request, card, policy) if request.is_pending else (),
        freeze=freeze_of(tx, request, now=now) if request.is_pending else None,
        history=tx.history(request, since=_remembered(request)) if request.is_pending else None,
        missed=missed_by(request, absences(tx)) if request.is_pending else (),
        alike=_alike(tx, request),
        barred=_barred(request, policy),
    )


def _barred(request: ApprovalRequest, policy: Policy) -> frozenset[UserId]:
    is_edited = request.is_pending and request.edits
    return request.editors & barred_now(policy, request) if is_edited else frozenset()


def _alike(tx: Transaction, request: ApprovalRequest) -> tuple[Alike, ...]:
    others = (each for each in alike(tx, request) if each.id != request.id)
    return tuple(
        Alike(request=each, permit=None if each.is_pending else tx.permit(each.id))
        for each in others
    )


def with_past(tx: Transaction, content: CardContent) -> CardContent:
    """Return *content* with the latest earlier calls of its tool, as a window shows them."""
    request = content.request
    past = tx.past(request, since=_remembered(request), limit=PAST_MAX)
    return replace(content, past=tuple(past))


def _remembered(request: ApprovalRequest) -> datetime:
    return request.created_at - REMEMBERED_FOR


def _called(request: ApprovalRequest, card: Card, policy: Policy) -> tuple[PeopleSet, ...]:
    """Return whom *card* calls: a rung's people, or on the first card those who are notified."""
    terms = request.requirement.terms
    fired = request.followed_up.rung_of(card.id)
    if fired is not None and terms[MENTION] is not Mention.NEVER:
        return tuple(each.at(fired.at) for each in policy.people(fired.rung.to))
    if card.kind is CardKind.MESSAGE and terms[MENTION] is Mention.FIRST:
        notified = terms[NOTIFY]
        return tuple(each.at(request.created_at) for each in policy.people(notified))
    return ()


def _thread(tx: Transaction, run: Run | None, request: ApprovalRequest) -> str | None:
    return request.thread_ts or (_thread_of(tx, run, request) if run else None)


def _thread_of(tx: Transaction, run: Run, request: ApprovalRequest) -> str | None:
    """Return the run's thread for a call that was allowed: its card asks what became of it."""
    if request.cause not in (Cause.RULE, Cause.GRANT):
        return None
    thread = tx.run_thread(run.id)
    return thread.replies_to if thread and thread.channel == request.channel else None


def is_open(content: CardContent) -> bool:
    """Whether people can still press something on the card that counts."""
    return asks_anything(content) or any(part.request.is_pending for part in content.parts)


def asks_anything(content: CardContent) -> bool:
    """Whether the card asks what became of any of its calls."""
    return any(asks_what_happened(part) for part in content.parts)


def asks_what_happened(content: CardContent) -> bool:
    """Whether a call of a run was interrupted and nobody has said yet what became of it."""
    run, permit = content.run, content.permit
    return run is not None and not run.has_ended and permit is not None and is_unsettled(permit)


async def read_cards(desk: Desk, request_id: RequestId) -> tuple[CardContent, ...]:
    """Return the content of every card that shows a request, none for an unknown request.

    A message that shows several tells the story of the first that is still open.

    Raises:
        StoreUnavailable
    """

    def unit(tx: Transaction) -> tuple[CardContent, ...]:
        shown = shown_first(tx, request_id)
        if not shown:
            return ()
        contents = (content_on(tx, desk, card, shown) for card in cards_showing_all(tx, shown[0]))
        return tuple(content for content in contents if content is not None)

    return await desk.store.write(unit)


def content_on(
    tx: Transaction, desk: Desk, card: Card, shown: Sequence[ApprovalRequest]
) -> CardContent | None:
    """Return what *card* tells of the requests *shown* with its own, part by part.

    None where it is a card of one request alone that cannot be read.
    """
    policy, now = desk.policy(), desk.clock.now()
    told = parts_on(card, shown)
    if not told:
        return None
    if card.is_personal:
        named = next(each for each in told[0] if each.id == card.request_id)
        return read_content(tx, named, card, policy=policy, now=now)
    first, *beside = (
        read_content(tx, _told_of(tx, part), card, policy=policy, now=now) for part in told
    )
    return replace(first, beside=tuple(beside), unread_version=unread_version(tx, shown))


def _told_of(tx: Transaction, shown: Sequence[ApprovalRequest]) -> ApprovalRequest:
    """Return whose story their card tells: the first still open, else one people are asked of."""
    told = spokesman(shown)
    if told.is_pending or len(shown) == 1:
        return told
    for each in shown:
        permit = tx.permit(each.id) if each.run_id is not None else None
        if permit is not None and is_unsettled(permit):
            return each
    return told
