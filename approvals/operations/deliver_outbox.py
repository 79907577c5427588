"""Make the outside match the rows: one job at a time, each harmless when done twice.

Called by the outbox loop in `bot/background`. A card's job reads what is true now, posts or
updates every card of its request, and stores what each shows. A pending request whose card cannot
ever be posted ends `undeliverable`; temporary errors are retried, the card's last version winning.
A card that was deleted is posted anew; one that cannot be changed is left to `reconcile`.
"""

import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from approvals.domain.approval_request import ApprovalRequest, Cause
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.card import Card, CardKind
from approvals.domain.followed_up import FiredRung
from approvals.domain.hold import next_count
from approvals.domain.ids import RequestId
from approvals.domain.jobs import Job
from approvals.domain.jobs_after import card_job
from approvals.domain.lifecycle import advance
from approvals.domain.telling import Telling, tellings
from approvals.domain.upkeep import lags, next_look
from approvals.operations.desk import Desk
from approvals.operations.ports import (
    CardContent,
    CardGone,
    Messenger,
    NotNow,
    Transaction,
    Undeliverable,
)
from approvals.operations.read_card import asks_anything, is_open, read_cards
from approvals.operations.retry import RETRY_FIRST_AFTER, retry_after
from approvals.operations.save_step import save_step
from approvals.operations.shared_cards import cards_showing_all
from approvals.operations.tell_homes import tell_homes

JOBS_MAX = 100
_log = logging.getLogger("sayso.outbox")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """A card as it is after one attempt to draw it."""

    card: Card
    undeliverable: str | None = None
    """Why it could not be posted."""
    lost_ts: str | None = None
    """Where it stood before it was deleted."""


async def take_jobs(desk: Desk) -> Sequence[Job]:
    """Claim the jobs due now, earliest first."""
    now = desk.clock.now()
    return await desk.store.write(lambda tx: tx.due_jobs(now, owner=desk.owner, limit=JOBS_MAX))


async def deliver(desk: Desk, messenger: Messenger, job: Job) -> None:
    """Make every card of the job's request show what is true, and finish or postpone the job.

    Raises:
        StoreUnavailable: nothing was stored; the job is due again when its lease ends.
    """
    contents = await read_cards(desk, RequestId(job.subject))
    await tell_homes(desk, contents)
    drawn: list[_Drawn] = []
    try:
        for content in contents:
            if _is_stale(content, desk.clock.now()):
                drawn.append(await _draw(desk, messenger, content))
            async for each in _tell(messenger, _as_drawn(content, drawn)):
                drawn.append(each)
    except NotNow as reason:
        delay = reason
        await desk.store.write(lambda tx: _postpone(tx, desk, job, drawn=drawn, delay=delay))
        return
    await desk.store.write(lambda tx: _finish(tx, desk, job, drawn=drawn))


def _is_stale(content: CardContent, now: datetime) -> bool:
    card, request = content.card, content.request
    at = card.drawn_at or now
    counts = [due for each in content.parts if (due := next_count(each.request, now=at))]
    missed = max((each.missed for each in content.parts), key=len)
    if not lags(card, content.version, missed) and (not counts or now < min(counts)):
        return False
    rung = request.followed_up.rung_of(card.id)
    if card.ts is None and rung is not None and rung.trouble is not None:
        return False  # Slack will never show it; the first card tells so
    # A question that ended before anyone saw it is not posted any more; an interrupted call asks
    # what became of it, whether or not anybody was asked before it ran.
    return card.ts is not None or is_open(content)


async def _draw(desk: Desk, messenger: Messenger, content: CardContent) -> _Drawn:
    now, lost_ts = desk.clock.now(), content.card.ts
    if lost_ts is None:
        return await _post(messenger, content, now)
    try:
        await messenger.update(content, now=now)
        return _Drawn(card=_shown(content, now))
    except CardGone as gone:
        if not is_open(content) or content.card.kind is CardKind.COPY:
            return _Drawn(card=_unchanged(content, gone, now))
    except Undeliverable as refused:
        if asks_anything(content):
            # Its run waits for this answer alone: it is tried until the channel is put right.
            raise NotNow(refused.code) from refused
        return _Drawn(card=_unchanged(content, refused, now))
    anew = replace(content, card=replace(content.card, ts=None))
    return replace(await _post(messenger, anew, now), lost_ts=lost_ts)


async def _post(messenger: Messenger, content: CardContent, now: datetime) -> _Drawn:
    try:
        posted = await messenger.post(content, now=now)
    except Undeliverable as refused:
        if asks_anything(content):
            raise NotNow(refused.code) from refused
        return _Drawn(card=replace(content.card, look_at=None), undeliverable=refused.code)
    return _Drawn(card=replace(_shown(content, now), channel=posted.channel, ts=posted.ts))


def _shown(content: CardContent, now: datetime) -> Card:
    card = replace(content.card, version_shown=content.version, drawn_at=now, trouble=None)
    return _looked_at_next(card, content, now)


def _unchanged(content: CardContent, refused: Undeliverable, now: datetime) -> Card:
    """Return the card, which stays as it is; what cannot heal is as good as shown."""
    if not refused.may_heal:
        return _shown(content, now)
    return _looked_at_next(replace(content.card, trouble=refused.code), content, now)


def _looked_at_next(card: Card, content: CardContent, now: datetime) -> Card:
    return replace(
        card, look_at=next_look(card, content.request, is_open=is_open(content), now=now)
    )


def _as_drawn(content: CardContent, drawn: Sequence[_Drawn]) -> CardContent:
    """Return *content* with its card as the last attempt left it."""
    latest = [each.card for each in drawn if each.card.id == content.card.id]
    return replace(content, card=latest[-1]) if latest else content


async def _tell(messenger: Messenger, content: CardContent) -> AsyncIterator[_Drawn]:
    """Say below the card what has not been said yet; the card as it is after each reply."""
    card = content.card
    if card.kind is not CardKind.MESSAGE or card.ts is None or card.trouble is not None:
        return
    for part, telling in _tellings(content):
        if telling.key in card.told:
            continue
        try:
            await messenger.reply(replace(part, card=card), telling)
        except Undeliverable as refused:
            _log.warning("A reply to card %s cannot be posted: %s", card.id, refused.code)
        card = replace(card, told=(*card.told, telling.key))
        yield _Drawn(card=card)


def _tellings(content: CardContent) -> Iterator[tuple[CardContent, Telling]]:
    """Yield what is to be told of each part of the card, those beside the first by a name."""
    for part in content.parts:
        others = [(each.request, each.permit) for each in part.alike]
        for telling in tellings(part.request, part.decisions, part.permit, others=others):
            name = "" if part is content else f"{min(each.id for each in part.shown)}/"
            yield part, replace(telling, key=f"{name}{telling.key}")


def _finish(tx: Transaction, desk: Desk, job: Job, *, drawn: Sequence[_Drawn]) -> None:
    _save(tx, desk, job, drawn)
    tx.finish_job(job)
    now = desk.clock.now()
    shown = tx.shown_with(RequestId(job.subject))
    counts = [at for each in shown if (at := next_count(each, now=now)) is not None]
    if counts:
        tx.enqueue(card_job(shown[0], min(counts)))


def _postpone(
    tx: Transaction, desk: Desk, job: Job, *, drawn: Sequence[_Drawn], delay: NotNow
) -> None:
    _save(tx, desk, job, drawn)
    now = desk.clock.now()
    if delay.retry_after_s is not None:
        # Told to wait its turn, it has not failed: the next real failure starts from its own count.
        again_at = now + timedelta(seconds=delay.retry_after_s)
        tx.postpone_job(job, again_at, is_failure=False)
        return
    again_at = now + retry_after(job.attempt)
    shown = tx.shown_with(RequestId(job.subject))
    tx.postpone_job(job, _in_time(shown, again_at, now=now))


def _in_time(shown: Sequence[ApprovalRequest], again_at: datetime, *, now: datetime) -> datetime:
    """Return *again_at*, or earlier: a pending request's card is tried before its time is over."""
    ends_at = min((each.expires_at for each in shown if each.is_pending), default=None)
    if ends_at is None:
        return again_at
    halfway = now + (ends_at - now) / 2
    return min(again_at, max(halfway, now + RETRY_FIRST_AFTER))


def _save(tx: Transaction, desk: Desk, job: Job, drawn: Sequence[_Drawn]) -> None:
    shown = tx.shown_with(RequestId(job.subject))
    if not shown:
        return
    stored = {card.id: card for card in cards_showing_all(tx, shown[0])}
    for each in drawn:
        # What else is known of a card may have changed while it was drawn.
        known = stored.get(each.card.id, each.card)
        tx.save_card(replace(each.card, shows_everything=known.shows_everything))
        if each.lost_ts is not None:
            tx.record(card_lost(each.card, ts=each.lost_ts, at=desk.clock.now()))
    refused = {each.card: each.undeliverable for each in drawn if each.undeliverable}
    if not refused:
        return
    for request in shown:
        if request.is_pending:
            _note_refused(tx, desk, request, refused)


def _note_refused(
    tx: Transaction, desk: Desk, request: ApprovalRequest, refused: Mapping[Card, str]
) -> None:
    """End a pending request nobody can see, or note which of its rungs cannot be asked."""
    first = next((card for card in refused if card.kind is CardKind.MESSAGE), None)
    if first is not None:
        reason = f"Slack says {refused[first]}"
        save_step(tx, advance(request, Cause.UNDELIVERABLE, now=desk.clock.now(), reason=reason))
        return
    facts = request.followed_up
    codes = {card.id: code for card, code in refused.items()}
    for number, rung in enumerate(facts.rungs):
        code = codes.get(rung.card) if rung.card else None
        if code is not None and rung.trouble is None:
            facts = facts.with_trouble(number, code)
            tx.record(_unasked(request, rung, code, desk.clock.now()))
    if facts != request.followed_up:
        changed = replace(request, version=request.version + 1, followed_up=facts)
        tx.save_request(changed)
        tx.enqueue(card_job(changed, desk.clock.now()))


def _unasked(request: ApprovalRequest, rung: FiredRung, code: str, at: datetime) -> AuditEvent:
    data = {"channel": rung.rung.channel or request.channel, "code": code}
    return AuditEvent(name=AuditName.ESCALATION_UNDELIVERABLE, subject=request.id, at=at, data=data)


def card_lost(card: Card, *, ts: str, at: datetime) -> AuditEvent:
    """Return the fact that *card* stood at *ts* and does no more."""
    return AuditEvent(
        name=AuditName.CARD_LOST,
        subject=card.request_id,
        at=at,
        data={"channel": card.channel, "ts": ts},
    )
