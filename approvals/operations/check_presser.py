"""Every click: which card was pressed, and by whom; the first two checks of whatever a click does.

Called inside a transaction with the person the directory named just now. What the click teaches us
about where our cards stand (a second post, a post never answered) is stored on the way.
"""

from dataclasses import replace

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.card import Card, CardKind, pressed_card
from approvals.domain.decision import Approver, refuse_unfit
from approvals.domain.ids import CardId
from approvals.domain.jobs_after import card_job
from approvals.operations.hearing import Hearing
from approvals.operations.people_now import PeopleNow
from approvals.operations.ports import Person
from approvals.operations.shared_cards import cards_showing


def checked_presser(hearing: Hearing, request: ApprovalRequest) -> tuple[Card, Approver]:
    """Return the pressed card and the person, both checked; adopt a second post of the card.

    Raises:
        CardMismatch, IdentityUnverified, or why the person may never decide.
    """
    pressed = hearing.click.pressed
    try:
        card = pressed_card(cards_showing(hearing.tx, request), pressed)
    except errors.CardMismatch as mismatch:
        _adopt(hearing, request, mismatch)
        raise
    return _located(hearing, request, card), fit_presser(hearing)


def fit_presser(hearing: Hearing) -> Approver:
    """Return the person, who is none that may never decide.

    Raises:
        IdentityUnverified, or why the person may never decide.
    """
    who = hearing.who
    if who.person is None:
        raise errors.IdentityUnverified(retry_after_s=who.retry_after_s)
    person = approver(who.person, who.people, retry_after_s=who.retry_after_s)
    refuse_unfit(person)
    return person


def approver(person: Person, people: PeopleNow, *, retry_after_s: float | None = None) -> Approver:
    """Return *person* as the domain judges them, with the sets of *people* they belong to.

    *retry_after_s* tells when the sets that could not be read may be asked for again.
    """
    return Approver(
        user=person.user,
        team=person.team,
        is_internal=person.is_internal,
        is_bot=person.is_bot,
        is_guest=person.is_guest,
        is_deactivated=person.is_deactivated,
        sets={
            name: None if members is None else person.user in members
            for name, members in people.items()
        },
        retry_after_s=retry_after_s,
    )


def _located(hearing: Hearing, request: ApprovalRequest, card: Card) -> Card:
    """Learn from the click where a card stands whose post was never answered, so it is redrawn."""
    ts = hearing.click.pressed.ts
    if card.ts is not None or ts is None or not card.asks:
        return card
    found = replace(card, ts=ts)
    hearing.tx.save_card(found)
    hearing.tx.enqueue(card_job(request, hearing.desk.clock.now()))
    return found


def _adopt(hearing: Hearing, request: ApprovalRequest, mismatch: errors.CardMismatch) -> None:
    """Remember a second post of a card (Slack's answer to the first was lost), so it is closed."""
    tx, desk, pressed = hearing.tx, hearing.desk, hearing.click.pressed
    original = mismatch.facts.get("copy_of")
    if not isinstance(original, Card) or pressed.ts is None:
        return
    if any(card.ts == pressed.ts for card in cards_showing(tx, request)):
        return
    copy = replace(
        original,
        id=CardId(desk.ids.ulid()),
        kind=CardKind.COPY,
        ts=pressed.ts,
        version_shown=0,
    )
    tx.save_card(copy)
    now = desk.clock.now()
    tx.enqueue(card_job(request, now))
    tx.record(
        AuditEvent(
            name=AuditName.CARD_ADOPTED,
            subject=request.id,
            at=now,
            data={"channel": copy.channel, "ts": copy.ts},
        )
    )
