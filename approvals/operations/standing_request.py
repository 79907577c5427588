"""What stands under the key of a call that pauses, looked up before anything is asked.

Called by the local gateway for a run that comes to its call, for the first time or resumed. An
approval found here has reached its run: `permit_ttl` runs from that moment.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest, Status
from approvals.domain.follow_up import end_of_use
from approvals.domain.permit import PermitState
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction
from approvals.operations.submit_request import asks_again, is_same_question


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stands under a key for a call that pauses."""

    request: ApprovalRequest | None = None
    """Asked before, and to be gone on with; None when it has to be asked, or asked again."""
    needs_people: bool = False
    """It may have happened already: no rule lets it run again, only a person."""


async def standing_request(desk: Desk, request: ApprovalRequest, *, repeats: bool) -> Standing:
    """Return what was asked before under the key of *request*; an approval counts as delivered.

    A question that ended without an approval stands: its agent has yet to hear of it. An
    interrupted call of a tool that *repeats* needs no new question.

    Raises:
        IdempotencyMismatch: the key was used for another digest, requester or channel.
        StoreUnavailable
    """

    def unit(tx: Transaction) -> Standing:
        earlier = tx.request_by_key(request.key) if request.key is not None else None
        if earlier is None:
            return Standing()
        if not is_same_question(earlier, request):
            raise errors.IdempotencyMismatch
        if earlier.status is not Status.APPROVED:
            return Standing(request=earlier)
        if not asks_again(tx, earlier, now=request.created_at, repeats=repeats):
            _note_delivery(tx, earlier, at=request.created_at)
            return Standing(request=earlier)
        permit = tx.permit(earlier.id)
        return Standing(needs_people=permit is None or permit.state is PermitState.UNKNOWN)

    return await desk.store.write(unit)


def _note_delivery(tx: Transaction, request: ApprovalRequest, *, at: datetime) -> None:
    """Remember when a run first heard of its approval: `permit_ttl` runs from there."""
    permit = tx.permit(request.id)
    if permit and permit.state is PermitState.UNCLAIMED and permit.delivered_at is None:
        heard = replace(permit, delivered_at=at)
        tx.save_permit(heard)
        tx.set_aside(request.id, end_of_use(request, heard))
