"""The seconds between the last approval and the permit, in which anybody who may can still stop it.

While it is held a request stays `pending`, with `held_until`: nothing may run, its timeout and its
reminders wait, and rejecting (the card's Stop) ends it as ever. `operations/end_hold` approves it
when that moment has come and everything still holds; else the hold is void and people have to
approve again.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.ids import UserId
from approvals.domain.jobs_after import card_job
from approvals.domain.lifecycle import Step

COUNTS_EVERY = timedelta(seconds=3)
"""How often a card counts down at most: Slack takes an edit a second in a channel."""


class HoldVoid(StrEnum):
    """Why an approved call that was held back did not become approved."""

    FROZEN = "frozen"
    """A freeze was in force at its end."""
    NOT_ENOUGH = "not_enough"
    """Who approved may not any more, or the policy asks for more by then."""
    UNCERTAIN = "uncertain"
    """Nobody could say for too long who may approve."""


def held(request: ApprovalRequest, until: datetime, *, by: UserId, now: datetime) -> Step:
    """Hold *request*, which *by* has approved last, until that moment."""
    shown = replace(request, version=request.version + 1, held_until=until)
    event = AuditEvent(
        name=AuditName.REQUEST_HELD,
        subject=request.id,
        at=now,
        data={"by": by, "until": until.isoformat(), "version": shown.version},
    )
    return Step(request=shown, event=event, jobs=(card_job(shown, now),))


def voided(request: ApprovalRequest, why: HoldVoid, *, now: datetime) -> Step:
    """Let *request* wait for people again; its approvals stay, and one has to be given anew."""
    shown = replace(request, version=request.version + 1, held_until=None)
    event = AuditEvent(
        name=AuditName.REQUEST_HOLD_VOIDED,
        subject=request.id,
        at=now,
        data={"why": why.value, "version": shown.version},
    )
    return Step(request=shown, event=event, jobs=(card_job(shown, now),))


def next_count(request: ApprovalRequest, *, now: datetime) -> datetime | None:
    """Return when the cards of a held *request* are to count down next; None: not any more."""
    if not request.is_pending or request.held_until is None:
        return None
    step = max(COUNTS_EVERY, (request.held_until - now) / 5)
    return now + step if now + step < request.held_until else None
