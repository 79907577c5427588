"""Withdraw a question: asked for by the requester, left by its caller, or impossible to show.

Called by the gateway, by buttons and by the outbox. Cancelling what has ended is refused by the
transition table.
"""

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest, Cause
from approvals.domain.ids import RequestId, UserId
from approvals.domain.lifecycle import PermitEvent, advance, advance_permit
from approvals.domain.permit import PermitState
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction
from approvals.operations.save_step import save_step


async def cancel_request(
    desk: Desk,
    request_id: RequestId,
    cause: Cause,
    *,
    by: UserId | None = None,
    reason: str | None = None,
) -> ApprovalRequest:
    """End a pending request as cancelled because of *cause*.

    Raises:
        RequestUnknown, AlreadyDecided
        StoreUnavailable: nothing was stored.
    """

    def unit(tx: Transaction) -> ApprovalRequest:
        request = tx.request(request_id)
        if request is None:
            raise errors.RequestUnknown
        step = advance(request, cause, now=desk.clock.now(), by=by, reason=reason)
        save_step(tx, step)
        return step.request

    return await desk.store.write(unit)


async def cancel_key(desk: Desk, key: str, *, agent: str) -> bool:
    """Cancel what *agent* asked under *key* if it is pending; False when there is no such thing.

    Raises:
        StoreUnavailable: nothing was stored.
    """

    def unit(tx: Transaction) -> bool:
        request = tx.request_by_key(key)
        if request is None or not request.is_pending or request.requester.agent != agent:
            return False
        save_step(tx, advance(request, Cause.REQUESTER, now=desk.clock.now()))
        return True

    return await desk.store.write(unit)


async def withdraw(desk: Desk, request_id: RequestId) -> None:
    """Leave nothing to be run of a request whose only caller is gone, however far it is.

    Pending, it ends as cancelled; approved and not yet claimed, its permit lapses, so that the
    card says that nothing ran. It may never have been stored.

    Raises:
        StoreUnavailable: nothing was stored.
    """

    def unit(tx: Transaction) -> None:
        request, permit = tx.request(request_id), tx.permit(request_id)
        now = desk.clock.now()
        if request is not None and request.is_pending:
            save_step(tx, advance(request, Cause.WAITER_GONE, now=now))
        elif request is not None and permit and permit.state is PermitState.UNCLAIMED:
            save_step(tx, advance_permit(request, permit, PermitEvent.LAPSE, now=now))

    await desk.store.write(unit)
