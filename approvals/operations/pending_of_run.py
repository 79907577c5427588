"""How many questions one run may have open at once (case X8); asked when one more is opened."""

from approvals.domain import run_errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.operations.ports import Transaction


def refuse_one_too_many(tx: Transaction, request: ApprovalRequest, pending_max: int | None) -> None:
    """Refuse *request*, which is stored already, if its run has too many that wait.

    Raises:
        TooManyPending
    """
    if pending_max is None or request.run_id is None:
        return
    waiting = sum(each.is_pending for each in tx.requests_of_run(request.run_id, locked=False))
    if waiting > pending_max:
        raise run_errors.TooManyPending
