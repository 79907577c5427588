"""A caller went between the claim and the body: nothing ran, so the permit may be claimed again.

Called by the gateway that made the claim, and only where the body cannot have begun.
"""

from approvals.domain import errors
from approvals.domain.ids import RequestId
from approvals.domain.lifecycle import PermitEvent, advance_permit
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction
from approvals.operations.report_execution import refuse_other_attempt
from approvals.operations.save_step import save_step


async def release_permit(desk: Desk, request_id: RequestId, *, attempt: int | None = None) -> None:
    """Give the claimed permit of *request_id* back, as the *attempt* it is named for, if any.

    Raises:
        RequestUnknown, NotApproved
        ClaimRefused: there is no claimed permit, or it is another attempt's.
        StoreUnavailable: nothing was stored; the execution will count as unknown.
    """

    def unit(tx: Transaction) -> None:
        request, permit = tx.request(request_id), tx.permit(request_id)
        if request is None:
            raise errors.RequestUnknown
        if permit is None:
            raise errors.NotApproved(request=request)
        refuse_other_attempt(permit, attempt)
        save_step(tx, advance_permit(request, permit, PermitEvent.RELEASE, now=desk.clock.now()))

    await desk.store.write(unit)
