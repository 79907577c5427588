"""Save one step of the lifecycle: the request, its permit, its audit event and its jobs, together.

Every operation that changes a status ends here, so none of the four can be forgotten.
"""

from approvals.domain.lifecycle import Step
from approvals.operations.ports import Transaction


def save_step(tx: Transaction, step: Step) -> None:
    """Store everything that belongs to *step*."""
    tx.save_request(step.request, step.permit)
    if step.permit is not None:
        tx.save_permit(step.permit)
    tx.record(step.event)
    for job in step.jobs:
        tx.enqueue(job)
