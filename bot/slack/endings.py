"""How requests ended and how their calls ran, in a few words with a sign.

One table for each, used by cards, notifications, lists and Home.
"""

from approvals.domain.approval_request import ApprovalRequest, Cause, Status
from approvals.domain.inquiry import is_inquiry
from approvals.domain.permit import Permit, PermitState
from approvals.domain.question import runs_nothing
from approvals.operations.ports import CardContent

_ENDED = {
    (Status.APPROVED, Cause.PEOPLE): "✅ Approved",
    (Status.APPROVED, Cause.RULE): "✅ Allowed by rule",
    (Status.APPROVED, Cause.GRANT): "✅ Allowed by grant",
    (Status.REJECTED, Cause.PERSON): "❌ Rejected",
    (Status.REJECTED, Cause.RULE): "❌ Denied by rule",
    (Status.TIMED_OUT, Cause.TIMEOUT): "⌛ Timed out",
    (Status.CANCELLED, Cause.REQUESTER): "🚫 Cancelled",
    (Status.CANCELLED, Cause.WAITER_GONE): "🚫 Withdrawn",
    (Status.CANCELLED, Cause.FROZEN): "🚫 Stopped by a freeze",
    (Status.CANCELLED, Cause.UNDELIVERABLE): "🚫 Undeliverable",
    (Status.CANCELLED, Cause.NO_ELIGIBLE_APPROVER): "🚫 Nobody may approve",
    (Status.CANCELLED, Cause.UNAVAILABLE): "🚫 Gateway unavailable",
}
_ENDED_INQUIRY = {
    Cause.PEOPLE: "✅ Answered",
    Cause.PERSON: "❌ Declined",
    Cause.TIMEOUT: "⌛ Not answered in time",
    Cause.NO_ELIGIBLE_APPROVER: "🚫 Nobody may answer",
}
"""What is said otherwise of a question for an answer."""
_RAN = {
    PermitState.UNCLAIMED: "not picked up yet",
    PermitState.CLAIMED: "running",
    PermitState.SUCCEEDED: "done",
    PermitState.FAILED: "the run failed",
    PermitState.UNKNOWN: "may or may not have run",
    PermitState.LAPSED: "not used in time, did not run",
}

_WENT_WRONG = {
    PermitState.FAILED: "❌",
    PermitState.UNKNOWN: "❓",
    PermitState.LAPSED: "⌛",
}
_NOT_ALIKE = "◐ Ended"
"""Of several identical calls that did not all go the same way; the card counts them."""


def ended_words(content: CardContent) -> str:
    """Return how an ended request ended, with a sign; a run that went wrong takes the sign."""
    if not _is_uniform(content):
        return _NOT_ALIKE
    permit = content.permit
    sign, words = ended_words_of(content.request).split(" ", 1)
    return f"{_WENT_WRONG.get(permit.state, sign) if permit else sign} {words}"


def ended_words_of(request: ApprovalRequest) -> str:
    """Return how an ended request ended, with a sign, whatever became of its run."""
    assert request.cause is not None
    if is_inquiry(request.call) and request.cause in _ENDED_INQUIRY:
        return _ENDED_INQUIRY[request.cause]
    return ending_words(request.status, request.cause)


def ending_words(status: Status, cause: Cause) -> str:
    """Return how a request ended that stands so, with a sign."""
    return _ENDED[status, cause]


def deed_of(request: ApprovalRequest) -> str:
    """Return what a person did who ended the request, as one word."""
    yes, no = ("answered", "declined") if is_inquiry(request.call) else ("approved", "rejected")
    return {Cause.PEOPLE: yes, Cause.PERSON: no}.get(request.cause or Cause.REQUESTER, "cancelled")


def ran(content: CardContent) -> str:
    """Return what became of the call of an ended request, to stand after its name."""
    request, permit = content.request, content.permit
    if runs_nothing(request.call):
        return ""
    if not _is_uniform(content):
        return " – not all alike"
    if permit is None:
        return "" if request.status is Status.APPROVED else " – did not run"
    return f" – {_RAN[permit.state]}"


def how_it_went(request: ApprovalRequest, permit: Permit | None) -> str:
    """Return what became of an ended request, or of its call where that was approved."""
    if permit is not None:
        return _RAN[permit.state]
    return ended_words_of(request).split(" ", 1)[1].lower()


def _is_uniform(content: CardContent) -> bool:
    own = how_it_went(content.request, content.permit)
    return all(how_it_went(each.request, each.permit) == own for each in content.alike)
