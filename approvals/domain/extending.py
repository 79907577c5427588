"""More time for a request: who may decide it may put its end off, and never for ever.

A fact on the request with its time, not a status. Silence still ends it: all extensions together
are bounded by the policy. Called by `operations/extend_request`.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.followed_up import Extension
from approvals.domain.ids import UserId
from approvals.domain.jobs_after import card_job
from approvals.domain.lifecycle import Step
from approvals.domain.terms import EXTEND_MAX
from approvals.domain.time_errors import AlreadyExtended, ExtensionTooLong

LENGTHS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 240, 1_440))
"""What people are offered, as far as there is room."""


def latest_end(request: ApprovalRequest) -> datetime:
    """Return the moment beyond which nobody may put the request's end off, as it was asked."""
    return _end_of(request, request.requirement.terms[EXTEND_MAX])


def lengths_left(request: ApprovalRequest) -> tuple[timedelta, ...]:
    """Return by how much the request may still be extended; empty when by nothing."""
    if not request.is_pending:
        return ()
    room = latest_end(request) - request.expires_at
    return tuple(length for length in LENGTHS if length <= room)


def _end_of(request: ApprovalRequest, most: timedelta) -> datetime:
    return request.created_at + request.requirement.timeout + most


def extend(
    request: ApprovalRequest, until: datetime, *, by: UserId, now: datetime, most: timedelta
) -> Step:
    """Put the end of a pending *request* off *until* then, by at most *most* in all.

    Asked twice it changes nothing more: *until* is a moment, not a length.

    Raises:
        AlreadyExtended: it waits as long as that already.
        ExtensionTooLong: the policy lets nobody put it off so far.
    """
    if until <= request.expires_at:
        raise AlreadyExtended(request=request)
    if until > _end_of(request, most):
        raise ExtensionTooLong(request=request)
    facts = request.followed_up
    extended = Extension(by=by, at=now, until=until)
    changed = replace(
        request,
        version=request.version + 1,
        expires_at=until,
        followed_up=replace(facts, extensions=(*facts.extensions, extended)),
    )
    event = AuditEvent(
        name=AuditName.REQUEST_EXTENDED,
        subject=request.id,
        at=now,
        data={
            "by": by,
            "until": until.isoformat(),
            "instead_of": request.expires_at.isoformat(),
            "version": changed.version,
        },
    )
    return Step(request=changed, event=event, jobs=(card_job(changed, now),))
