"""Remind those who can still answer what waits on a card: once for each reminder, whatever breaks.

Called by the outbox for a `reminder` job. It names the request whose reminder fell due; told is of
all calls that wait on its card, also where that one has ended. The job is gone before the message
goes out: a crash in between loses one reminder instead of sending it twice. What certainly did not
go out is asked for again. Nothing is sent once all have ended or a later reminder is under way.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import CardKind
from approvals.domain.ids import RequestId
from approvals.domain.jobs import Job
from approvals.operations.desk import Desk
from approvals.operations.ports import CardContent, NotNow, Transaction, Undeliverable
from approvals.operations.read_card import content_on
from approvals.operations.reminder_messenger import Reminder, ReminderMessenger
from approvals.operations.retry import RETRY_FIRST_AFTER, wait_after
from approvals.operations.shared_cards import cards_showing, on_card_of
from approvals.operations.who_can_answer import audience, who_can_answer

READS_MAX = 3
"""After so many tries people whose groups cannot be read are reminded without being called."""


async def deliver_reminder(desk: Desk, messenger: ReminderMessenger, job: Job) -> None:
    """Send the job's reminder if it is still needed.

    Raises:
        StoreUnavailable: nothing was stored; the job is due again when its lease ends.
    """
    request_id, number = _subject(job)
    waiting = await desk.store.write(lambda tx: _waiting(tx, desk, request_id, number))
    if not waiting:
        await desk.store.write(lambda tx: tx.finish_job(job))
        return
    wanted = await who_can_answer(desk, waiting)
    is_unread = any(None in each.people.values() for each in wanted)
    if is_unread and job.attempt < READS_MAX:
        again_at = desk.clock.now() + RETRY_FIRST_AFTER
        await desk.store.write(lambda tx: tx.postpone_job(job, again_at))
        return
    reminder = Reminder(
        waiting=waiting,
        key=job.subject,
        audience=audience(wanted, desk.policy()),
        is_hopeless=all(each.is_hopeless for each in wanted),
    )
    await desk.store.write(lambda tx: tx.finish_job(job))
    try:
        await messenger.remind(reminder, now=desk.clock.now())
    except Undeliverable:
        return
    except NotNow as reason:
        if not reason.may_have_arrived:
            await _ask_again(desk, job, reason)


def _subject(job: Job) -> tuple[RequestId, int]:
    request_id, _, number = job.subject.rpartition(".")
    return RequestId(request_id), int(number)


def _waiting(
    tx: Transaction, desk: Desk, request_id: RequestId, number: int
) -> tuple[CardContent, ...]:
    """Return the calls that wait on the first card, none where the reminder is needed no more."""
    request = tx.request(request_id, locked=False)
    if request is None:
        return ()
    shown, now = on_card_of(tx, request), desk.clock.now()
    if not any(_waits(each, now) for each in shown) or _is_outdated(request, number, shown):
        return ()
    card = next(card for card in cards_showing(tx, request) if card.kind is CardKind.MESSAGE)
    if card.ts is None:
        return ()  # the card itself is still on its way, and calls people when it comes
    content = content_on(tx, desk, card, shown)
    parts = content.parts if content is not None else ()
    return tuple(part for part in parts if _waits(part.request, now))


def _waits(request: ApprovalRequest, now: datetime) -> bool:
    return request.is_pending and request.held_until is None and request.expires_at > now


def _is_outdated(request: ApprovalRequest, number: int, shown: Sequence[ApprovalRequest]) -> bool:
    """Whether a later reminder of the same card is under way."""
    told_at = request.followed_up.told_at
    later = (each.followed_up.told_at for each in shown)
    return request.followed_up.reminders > number or any(
        at is not None and told_at is not None and at > told_at for at in later
    )


async def _ask_again(desk: Desk, job: Job, reason: NotNow) -> None:
    again_at = desk.clock.now() + wait_after(reason, attempt=job.attempt)
    again = replace(job, run_at=again_at, owner=None, generation=1)
    await desk.store.write(lambda tx: tx.enqueue(again))
