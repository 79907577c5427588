"""Remind those who can still answer a request: once for each reminder, whatever breaks.

Called by the outbox for a `reminder` job. The job is gone before the message goes out: a crash in
between loses one reminder instead of sending it twice. What certainly did not go out is asked for
again. Nothing is sent once the request has ended or a later reminder is under way.
"""

from dataclasses import replace

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import CardKind
from approvals.domain.decision import Verdict
from approvals.domain.effect import Mention
from approvals.domain.ids import RequestId, UserId
from approvals.domain.jobs import Job
from approvals.domain.people import PeopleSet
from approvals.domain.quorum import progress
from approvals.domain.terms import MENTION
from approvals.operations.desk import Desk
from approvals.operations.people_now import PeopleNow, of_both_moments, people_now, set_names
from approvals.operations.ports import CardContent, NotNow, Transaction, Undeliverable
from approvals.operations.read_card import read_content
from approvals.operations.reminder_messenger import (
    MENTIONED_MAX,
    Audience,
    Reminder,
    ReminderMessenger,
)
from approvals.operations.retry import RETRY_FIRST_AFTER, wait_after
from approvals.operations.shared_cards import cards_showing

READS_MAX = 3
"""After so many tries people whose groups cannot be read are reminded without being called."""


async def deliver_reminder(desk: Desk, messenger: ReminderMessenger, job: Job) -> None:
    """Send the job's reminder if it is still needed.

    Raises:
        StoreUnavailable: nothing was stored; the job is due again when its lease ends.
    """
    request_id, number = _subject(job)
    content = await desk.store.write(lambda tx: _first_card(tx, desk, request_id, number))
    if content is None:
        await desk.store.write(lambda tx: tx.finish_job(job))
        return
    people = await _people(desk, content)
    if None in people.values() and job.attempt < READS_MAX:
        again_at = desk.clock.now() + RETRY_FIRST_AFTER
        await desk.store.write(lambda tx: tx.postpone_job(job, again_at))
        return
    audience = _audience(desk, content, people)
    await desk.store.write(lambda tx: tx.finish_job(job))
    try:
        reminder = Reminder(
            content=content,
            number=number,
            audience=audience,
            is_hopeless=_is_hopeless(content, people),
        )
        await messenger.remind(reminder, now=desk.clock.now())
    except Undeliverable:
        return
    except NotNow as reason:
        if not reason.may_have_arrived:
            await _ask_again(desk, job, reason)


def _subject(job: Job) -> tuple[RequestId, int]:
    request_id, _, number = job.subject.rpartition(".")
    return RequestId(request_id), int(number)


def _first_card(
    tx: Transaction, desk: Desk, request_id: RequestId, number: int
) -> CardContent | None:
    """Return what the first card tells, or None where the reminder is needed no more."""
    request = tx.request(request_id, locked=False)
    now = desk.clock.now()
    if request is None or not request.is_pending or request.expires_at <= now:
        return None
    if request.held_until is not None or request.followed_up.reminders > number:
        return None
    card = next(card for card in cards_showing(tx, request) if card.kind is CardKind.MESSAGE)
    if card.ts is None:
        return None  # the card itself is still on its way, and calls people when it comes
    return read_content(tx, request, card, policy=desk.policy(), now=now)


async def _people(desk: Desk, content: CardContent) -> PeopleNow:
    """Return who could fill what is still missing, by set; nobody where nobody is to be called."""
    if content.request.requirement.terms[MENTION] is Mention.NEVER:
        return {}
    approved = [each.sets for each in content.decisions if each.verdict is Verdict.APPROVE]
    missing = progress(content.rules, approved).missing or tuple(
        slot for slots in content.rules for slot in slots
    )
    people = await people_now(desk, desk.policy(), set_names([missing]))
    return of_both_moments(people.members, content.request.requirement)


def _audience(desk: Desk, content: CardContent, people: PeopleNow) -> Audience:
    """Return whom to call: everybody who can still answer, and nobody who cannot.

    A user group is called as one where all its people can answer; else they are named.
    """
    silent = _cannot_answer(content)
    policy = desk.policy()
    groups: list[str] = []
    users: set[UserId] = set()
    for name, members in people.items():
        found = policy.set(name)
        if found is None or not members:
            continue
        if _is_open_to_all(found, members, silent, content.request):
            groups += found.usergroups
            users |= found.users
        else:
            users |= members - silent
    named = sorted(users)
    return Audience(
        users=tuple(named[:MENTIONED_MAX]),
        usergroups=tuple(dict.fromkeys(groups)),
        more=max(0, len(named) - MENTIONED_MAX),
    )


def _is_hopeless(content: CardContent, people: PeopleNow) -> bool:
    """Whether it is certain that nobody can answer; nobody was read where none may be called."""
    known = [members for members in people.values() if members is not None]
    if not people or len(known) < len(people):
        return False
    return not frozenset().union(*known) - _cannot_answer(content)


def _cannot_answer(content: CardContent) -> frozenset[UserId]:
    return content.request.may_not_approve.union(each.user for each in content.decisions)


def _is_open_to_all(
    found: PeopleSet,
    members: frozenset[UserId],
    silent: frozenset[UserId],
    request: ApprovalRequest,
) -> bool:
    everybody_then = request.requirement.eligible is None
    is_plain = bool(found.usergroups) and not (found.channels or found.rotations)
    return is_plain and everybody_then and not members & silent


async def _ask_again(desk: Desk, job: Job, reason: NotNow) -> None:
    again_at = desk.clock.now() + wait_after(reason, attempt=job.attempt)
    again = replace(job, run_at=again_at, owner=None, generation=1)
    await desk.store.write(lambda tx: tx.enqueue(again))
