"""When a pending request next needs the clock, and what then.

In this version a request has one follow-up, its timeout; the sleeper wakes at the earliest
`due_at()` of all pending requests, which is an indexed column.
"""

from datetime import datetime
from enum import StrEnum

from approvals.domain.approval_request import ApprovalRequest


class FollowUp(StrEnum):
    """What the clock asks of a pending request."""

    TIMEOUT = "timeout"


def due_at(request: ApprovalRequest) -> datetime | None:
    """Return when the request's next follow-up falls due, or None when it has ended."""
    return request.expires_at if request.is_pending else None


def due_follow_up(request: ApprovalRequest, *, now: datetime) -> FollowUp | None:
    """Return what is due now; a moment exactly on the boundary counts as due."""
    at = due_at(request)
    return FollowUp.TIMEOUT if at is not None and at <= now else None
