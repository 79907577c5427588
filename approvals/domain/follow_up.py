"""When a request next needs the clock, and what it does then.

The sleeper wakes at the earliest `due_at()` of all requests, an indexed column: the next reminder,
the next rung of its escalation, its timeout, or the end of an approval that nobody used. What falls
due of a pending one is a fact on the request, not a status. Each moment counts once, also when the
clock is set back; moments nobody was awake for make one reminder, not a pile.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.followed_up import FiredRung, untold
from approvals.domain.ids import CardId
from approvals.domain.jobs import Job, JobKind
from approvals.domain.jobs_after import card_job
from approvals.domain.joining import is_identical
from approvals.domain.permit import Permit, PermitState, lapses_at
from approvals.domain.silence import Rung
from approvals.domain.terms import ESCALATE, REMIND


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """A request with what fell due on it, and the facts and effects that belong to that."""

    request: ApprovalRequest
    fired: tuple[FiredRung, ...] = ()
    """Rungs that fired now and are to be told; the card of each, if any, is still to be made."""
    folded: tuple[CardId, ...] = ()
    """The cards of rungs that others on its card have told, which ask of this one too from now."""
    events: tuple[AuditEvent, ...]
    jobs: tuple[Job, ...]


def due_at(request: ApprovalRequest, permit: Permit | None = None) -> datetime | None:
    """Return when the request's next follow-up falls due, or None when there is none to come.

    Of an approved one that is when its unclaimed *permit* lapses, or a claim's lease ends.
    """
    if not request.is_pending:
        return None if permit is None else _permit_due_at(request, permit)
    if request.held_until is not None:
        return request.held_until
    reminder_at, rungs = _next_reminder_at(request), rungs_to_come(request)
    moments = [request.expires_at, *(request.created_at + rung.after for rung in rungs[:1])]
    return min(moments if reminder_at is None else (*moments, reminder_at))


def _permit_due_at(request: ApprovalRequest, permit: Permit) -> datetime | None:
    if permit.state is PermitState.CLAIMED:
        return permit.lease_ends_at
    return end_of_use(request, permit) if permit.state is PermitState.UNCLAIMED else None


def end_of_use(request: ApprovalRequest, permit: Permit) -> datetime:
    """Return from when on the unclaimed *permit* of an approved request may not be used."""
    asked = request.requirement
    return lapses_at(permit, permit_ttl=asked.permit_ttl, approved_for=asked.approved_for)


def has_timed_out(request: ApprovalRequest, *, now: datetime) -> bool:
    """Whether nobody answered in time; a moment exactly on the boundary is too late.

    What is held was answered in time.
    """
    return request.is_pending and request.held_until is None and request.expires_at <= now


def rungs_to_come(request: ApprovalRequest) -> tuple[Rung, ...]:
    """Return the rungs that fire before the request times out, unless somebody answers."""
    left = request.expires_at - request.created_at
    ladder = untold(request.followed_up, request.requirement.terms[ESCALATE])
    return tuple(rung for rung in ladder if rung.after < left)


def follow_up(
    request: ApprovalRequest,
    *,
    now: datetime,
    new_card: Callable[[], CardId],
    beside: Sequence[ApprovalRequest] = (),
) -> FollowUp | None:
    """Return *request* with the reminder and the rungs that are due, or None where none is.

    *new_card* gives an id for the card of each rung. What was told of those *beside* it on its
    card is not told again: a reminder counts all that wait, and a rung asks on the card it has.
    """
    if not request.is_pending or request.held_until or has_timed_out(request, now=now):
        return None
    due = [rung for rung in rungs_to_come(request) if request.created_at + rung.after <= now]
    reminder_at = _next_reminder_at(request)
    reminds = reminder_at is not None and reminder_at <= now
    if not due and not reminds:
        return None
    told = _told_rungs(request, beside, now)
    fired = tuple(
        _folded(told[rung], now)
        if rung in told
        else FiredRung(rung=rung, at=now, card=None if rung.webhook else new_card())
        for rung in due
    )
    new = tuple(each for each in fired if each.rung not in told)
    facts = replace(request.followed_up, rungs=(*request.followed_up.rungs, *fired))
    events = [_escalated(request, each) for each in fired]
    jobs = [
        Job(kind=JobKind.WEBHOOK, subject=f"{request.id}.{number}", run_at=now)
        for number, each in enumerate(facts.rungs)
        if each in new and each.rung.webhook
    ]
    if reminds:
        facts = replace(facts, reminders=facts.reminders + 1, reminded_at=now)
        events.append(_reminded(request, facts.reminders, now))
        if not _was_told(request, beside):
            facts = replace(facts, told_at=now)
            jobs.append(reminder_job(request, facts.reminders, now))
    changed = replace(request, version=request.version + 1, followed_up=facts)
    return FollowUp(
        request=changed,
        fired=new,
        folded=tuple(each.card for each in fired if each.rung in told and each.card is not None),
        events=tuple(events),
        jobs=(card_job(changed, now), *jobs),
    )


def _told_rungs(
    request: ApprovalRequest, beside: Sequence[ApprovalRequest], now: datetime
) -> dict[Rung, FiredRung]:
    """Return which rungs of those *beside* it speak for this request too, as they were told.

    Of an identical one the card stays; a webhook is told of what has ended no more. Of another call
    only a card does that asks now, and no longer than the rung itself waits: who looked at a card
    once hears nothing of what is added to it later.
    """
    told: dict[Rung, FiredRung] = {}
    for other in beside:
        for each in other.followed_up.rungs:
            if is_identical(other, request):
                speaks = each.card is not None or other.is_pending
            else:
                is_fresh = _first_fired(each, beside) + each.rung.after > now
                speaks = each.card is not None and other.is_pending and is_fresh
            if speaks:
                told.setdefault(each.rung, each)
    return told


def _folded(told: FiredRung, now: datetime) -> FiredRung:
    """Return the same rung of another request, which asks on the same card, if it can."""
    return replace(told, at=now, trouble=told.trouble if told.card is not None else None)


def _first_fired(fired: FiredRung, beside: Sequence[ApprovalRequest]) -> datetime:
    """Return when the card of a rung was made."""
    rungs = (each.followed_up.rung_of(fired.card) for each in beside if fired.card is not None)
    return min((each.at for each in rungs if each is not None), default=fired.at)


def _was_told(request: ApprovalRequest, beside: Sequence[ApprovalRequest]) -> bool:
    """Whether its card has reminded people since the last reminder of this request fell due."""
    last = request.followed_up.reminded_at or request.created_at
    moments = (each.followed_up.told_at for each in beside)
    return any(at is not None and at > last for at in moments)


def reminder_job(request: ApprovalRequest, number: int, run_at: datetime) -> Job:
    """Return the job that sends reminder *number*, which is one job however often it is asked."""
    return Job(kind=JobKind.REMINDER, subject=f"{request.id}.{number}", run_at=run_at)


def _next_reminder_at(request: ApprovalRequest) -> datetime | None:
    plan = request.requirement.terms[REMIND]
    if plan is None:
        return None
    last = request.followed_up.reminded_at or request.created_at
    moments = plan.moments(request.created_at)
    return next((at for at in moments if last < at < request.expires_at), None)


def _escalated(request: ApprovalRequest, fired: FiredRung) -> AuditEvent:
    return AuditEvent(
        name=AuditName.REQUEST_ESCALATED,
        subject=request.id,
        at=fired.at,
        data={
            "to": list(fired.rung.to),
            "channel": None if fired.rung.webhook else fired.rung.channel or request.channel,
            "webhook": fired.rung.webhook,
            "after_s": fired.rung.after.total_seconds(),
        },
    )


def _reminded(request: ApprovalRequest, number: int, at: datetime) -> AuditEvent:
    return AuditEvent(
        name=AuditName.REQUEST_REMINDED, subject=request.id, at=at, data={"number": number}
    )
