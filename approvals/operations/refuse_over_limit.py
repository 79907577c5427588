"""How much agents from outside may ask (`domain/limits`), asked when a question is opened."""

from datetime import timedelta

from approvals.domain import attention_errors, run_errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.limits import NEW_PER, Limits
from approvals.operations.ports import Transaction


def refuse_over_limit(tx: Transaction, request: ApprovalRequest, limits: Limits) -> None:
    """Refuse *request*, which is stored already, where it is one too many.

    Raises:
        TooManyPending, TooManyAltogether, TooManyNew
    """
    requester = request.requester
    if tx.pending_of(requester) > limits.pending_of_agent:
        raise run_errors.TooManyPending(
            f"{requester.agent} has {limits.pending_of_agent} questions that wait for people. "
            "Wait until one is answered, or cancel one."
        )
    if tx.pending_of_all() > limits.pending:
        raise attention_errors.TooManyAltogether(
            f"{limits.pending} questions wait for people here, which is the most. Try again later."
        )
    oldest = tx.asked_of_people(requester, number=limits.new_of_agent + 1)
    if oldest is not None and oldest > request.created_at - NEW_PER:
        wait = max(oldest + NEW_PER - request.created_at, timedelta(seconds=1))
        raise attention_errors.TooManyNew(
            f"{requester.agent} has asked {limits.new_of_agent} questions within a minute, which "
            f"is the most. Ask again in {wait.total_seconds():.0f} s, or ask for less.",
            retry_after_s=wait.total_seconds(),
        )
