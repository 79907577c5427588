"""Calls that pause, at the gateway of this process: answered from their row as it stands now.

Nothing waits here. The row is read before the policy: what has run under a key stays told so
whatever the policy says today; what was approved but not begun does not run if a rule denies it by
now. A call that a rule allows gets a row and a permit as well, because a crash in its middle must
be noticed (design: the permit is the one execution record).
"""

from typing import Never, Protocol

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest, Status
from approvals.domain.outcome import denied, lapsed, outcome_of
from approvals.domain.permit import Permit, PermitState
from approvals.domain.requirement import Effect, Requirement
from approvals.gate.exceptions import CallPaused, not_approved
from approvals.gate.gateway import Clearance, Proposal
from approvals.gate.local_claims import cleared, question, spent
from approvals.operations.desk import Desk
from approvals.operations.record_calls import record_call
from approvals.operations.submit_request import (
    new_request,
    record_allowed,
    standing_request,
    submit_request,
)


class Claim(Protocol):
    """Claims the permit of an approved request for this process."""

    async def __call__(
        self, request: ApprovalRequest, digest: str, *, repeats: bool = False
    ) -> Clearance:
        """Return the clearance. Raises AlreadyClaimed, PermitLapsed."""
        ...


async def clear_or_pause(
    desk: Desk, proposal: Proposal, requirement: Requirement, *, claim: Claim
) -> Clearance:
    """Return the claimed permit of a call whose answer is there.

    A proposal that does not claim gets it unclaimed: nothing may run by it yet.

    Raises:
        CallPaused: people have yet to decide, or to say what became of it.
        CallNotApproved: the subclass of the outcome.
        Refusal: the call cannot be asked about.
    """
    for _ in range(2):
        request = await _standing(desk, proposal, requirement)
        if request.is_pending:
            raise CallPaused(request.id)
        if request.status is not Status.APPROVED:
            raise not_approved(outcome_of(request))
        repeats = proposal.traits.idempotent
        if requirement.effect is Effect.DENY:
            await _refuse_denied(desk, proposal, requirement, request)
            repeats = False
        if not proposal.claims:
            return cleared(request)
        try:
            return await claim(request, proposal.call.digest, repeats=repeats)
        except errors.PermitLapsed:
            continue
        except errors.AlreadyClaimed as claimed:
            if _is_unsettled(claimed.facts.get("permit")):
                raise CallPaused(request.id, is_interrupted=True) from claimed
            raise not_approved(spent(claimed, request)) from claimed
    raise not_approved(lapsed(request))


async def _standing(desk: Desk, proposal: Proposal, requirement: Requirement) -> ApprovalRequest:
    request = new_request(desk, question(proposal, requirement))
    repeats = proposal.traits.idempotent
    standing = await standing_request(desk, request, repeats=repeats)
    if standing is not None:
        return standing
    if requirement.effect is Effect.DENY:
        await _refuse(desk, proposal, requirement)
    if requirement.effect is Effect.ALLOW:
        return await record_allowed(desk, request)
    return await submit_request(desk, request, pending_max=proposal.pending_max)


async def _refuse_denied(
    desk: Desk, proposal: Proposal, requirement: Requirement, request: ApprovalRequest
) -> None:
    """Refuse a call that was approved and is denied by now, unless it has begun already."""
    permit = await desk.store.write(lambda tx: tx.permit(request.id))
    if permit is None or permit.state is PermitState.UNCLAIMED:
        await _refuse(desk, proposal, requirement)


async def _refuse(desk: Desk, proposal: Proposal, requirement: Requirement) -> Never:
    await record_call(desk, proposal.call, requirement, requester=proposal.requester)
    raise not_approved(denied(requirement))


def _is_unsettled(permit: object) -> bool:
    return (
        isinstance(permit, Permit)
        and permit.state is PermitState.UNKNOWN
        and permit.settlement is None
    )
