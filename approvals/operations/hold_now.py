"""How long an approved call is held back, asked when its last approval is counted."""

from datetime import timedelta

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.policy import Policy
from approvals.domain.question import is_question
from approvals.domain.terms import HOLD
from approvals.operations.people_now import requirement_now


def hold_now(policy: Policy, request: ApprovalRequest) -> timedelta:
    """Return how long an approval is held back: as was said when it was asked, or longer by now."""
    if is_question(request.call):
        return timedelta(0)  # it runs nothing
    now = requirement_now(policy, request)
    return max(request.requirement.terms[HOLD], now.terms[HOLD])
