"""How long an approved call is held back, asked when its last approval is counted."""

from datetime import timedelta

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.question import runs_nothing
from approvals.domain.requirement import Requirement
from approvals.domain.terms import HOLD
from approvals.operations.people_now import of_then_and_now


def hold_now(request: ApprovalRequest, now: Requirement) -> timedelta:
    """Return how long an approval is held back: as was said when it was asked, or longer *now*."""
    if runs_nothing(request.call):
        return timedelta(0)  # it runs nothing
    return of_then_and_now(HOLD, request, now)
