"""Make the outside match the rows: one job at a time, each harmless when done twice.

Called by the outbox loop in `bot/background`. A card's job reads what is true now, posts or
updates every card of its request, and stores what each shows. Permanent errors end a pending
request `undeliverable`; temporary ones are retried, the card's last version winning.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest, Cause
from approvals.domain.card import Card, CardKind
from approvals.domain.ids import RequestId
from approvals.domain.jobs import Job
from approvals.domain.lifecycle import advance
from approvals.operations.desk import Desk
from approvals.operations.ports import (
    CardContent,
    Messenger,
    NotNow,
    Transaction,
    Undeliverable,
)
from approvals.operations.read_card import asks_what_happened, read_cards
from approvals.operations.retry import RETRY_FIRST_AFTER, retry_after
from approvals.operations.save_step import save_step

JOBS_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """A card as it is after one attempt to draw it."""

    card: Card
    undeliverable: str | None = None


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
    drawn: list[_Drawn] = []
    try:
        for content in contents:
            if _is_stale(content):
                drawn.append(await _draw(desk, messenger, content))
    except NotNow as reason:
        delay = reason
        await desk.store.write(lambda tx: _postpone(tx, desk, job, drawn=drawn, delay=delay))
        return
    await desk.store.write(lambda tx: _finish(tx, desk, job, drawn=drawn))


def _is_stale(content: CardContent) -> bool:
    card, request = content.card, content.request
    if card.kind is CardKind.VIEW or card.version_shown >= request.version:
        return False
    # A question that ended before anyone saw it is not posted any more; an interrupted call asks
    # what became of it, whether or not anybody was asked before it ran.
    return card.ts is not None or request.is_pending or asks_what_happened(content)


async def _draw(desk: Desk, messenger: Messenger, content: CardContent) -> _Drawn:
    now = desk.clock.now()
    shown = replace(content.card, version_shown=content.request.version)
    try:
        if content.card.ts is None:
            posted = await messenger.post(content, now=now)
            return _Drawn(card=replace(shown, channel=posted.channel, ts=posted.ts))
        await messenger.update(content, now=now)
        return _Drawn(card=shown)
    except Undeliverable as refused:
        if asks_what_happened(content):
            # Its run waits for this answer alone: the card is tried until the channel is put right.
            raise NotNow(refused.code) from refused
        return _Drawn(card=shown, undeliverable=refused.code)


def _finish(tx: Transaction, desk: Desk, job: Job, *, drawn: Sequence[_Drawn]) -> None:
    _save(tx, desk, job, drawn)
    tx.finish_job(job)


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
    tx.postpone_job(job, _in_time(tx.request(RequestId(job.subject)), again_at, now=now))


def _in_time(request: ApprovalRequest | None, again_at: datetime, *, now: datetime) -> datetime:
    """Return *again_at*, or earlier: a pending request's card is tried before its time is over."""
    if request is None or not request.is_pending:
        return again_at
    halfway = now + (request.expires_at - now) / 2
    return min(again_at, max(halfway, now + RETRY_FIRST_AFTER))


def _save(tx: Transaction, desk: Desk, job: Job, drawn: Sequence[_Drawn]) -> None:
    request = tx.request(RequestId(job.subject))
    for each in drawn:
        tx.save_card(each.card)
    refused = next((each.undeliverable for each in drawn if each.undeliverable), None)
    if refused is None or request is None or not request.is_pending:
        return
    if any(each.undeliverable and each.card.kind is CardKind.MESSAGE for each in drawn):
        try:
            step = advance(
                request, Cause.UNDELIVERABLE, now=desk.clock.now(), reason=f"Slack says {refused}"
            )
        except errors.AlreadyDecided:
            return
        save_step(tx, step)
