"""Calls that pause, at the gateway of this process: answered from their row as it stands now.

Nothing waits here. The row is read before the policy: what has run under a key stays told so
whatever the policy says today; what was approved but not begun does not run if a rule denies it by
now. A call that a rule allows gets a row and a permit as well, because a crash in its middle must
be noticed (design: the permit is the one execution record).
"""

from typing import Never, Protocol

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest, Cause, Status
from approvals.domain.inquiry import is_inquiry
from approvals.domain.outcome import denied, lapsed, outcome_of
from approvals.domain.permit import Permit, PermitState, is_unsettled
from approvals.domain.requirement import Effect, Requirement
from approvals.gate.exceptions import CallPaused, not_approved
from approvals.gate.gateway import Clearance, Proposal
from approvals.gate.local_claims import cleared, question, spent
from approvals.operations.ask import new_request
from approvals.operations.cancel_request import withdraw
from approvals.operations.claim_permit import read_approvals
from approvals.operations.desk import Desk
from approvals.operations.record_calls import record_call
from approvals.operations.standing_request import standing_request
from approvals.operations.submit_request import record_allowed, submit_request


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
        if is_inquiry(request.call):
            return cleared(request, ())
        judged = _of_what_stands(desk, proposal, requirement, request)
        if not await _still_stands(desk, proposal, judged, request):
            continue
        if not proposal.claims:
            return cleared(request, await read_approvals(desk, request))
        repeats = proposal.traits.idempotent and _lets_run(judged, request)
        try:
            return await _claimed(proposal, request, claim=claim, repeats=repeats)
        except errors.PermitLapsed:
            continue
        except errors.AlreadyClaimed as claimed:
            permit = claimed.facts.get("permit")
            if isinstance(permit, Permit) and is_unsettled(permit):
                raise CallPaused(request.id, is_interrupted=True) from claimed
            raise not_approved(spent(claimed, request)) from claimed
    raise not_approved(lapsed(request))


async def _claimed(
    proposal: Proposal, request: ApprovalRequest, *, claim: Claim, repeats: bool
) -> Clearance:
    try:
        return await claim(request, proposal.call.digest, repeats=repeats)
    except errors.Frozen:
        if proposal.run_id is None:
            raise
        # The run is not resumed before the freeze has ended, and then goes on with its approval.
        raise CallPaused(request.id) from None


async def _standing(desk: Desk, proposal: Proposal, requirement: Requirement) -> ApprovalRequest:
    request = new_request(desk, question(proposal, requirement))
    repeats = proposal.traits.idempotent
    standing = await standing_request(desk, request, repeats=repeats)
    if standing.request is not None:
        return standing.request
    if requirement.effect is Effect.DENY:
        await _refuse(desk, proposal, requirement)
    if requirement.effect is Effect.ALLOW and not standing.needs_people:
        return await record_allowed(desk, request)
    if requirement.effect is Effect.ALLOW:
        asked = desk.policy().requirement(
            proposal.call, channel=requirement.channel, code_effect=Effect.ASK
        )
        request = new_request(desk, question(proposal, asked))
    schema = proposal.schema if request.schema_digest else None
    return await submit_request(desk, request, schema=schema, pending_max=proposal.pending_max)


def _of_what_stands(
    desk: Desk, proposal: Proposal, requirement: Requirement, request: ApprovalRequest
) -> Requirement:
    """Return what the policy of now says of the call that would run: people may have changed it."""
    if not request.edits:
        return requirement
    channel = request.requirement.channel
    return desk.policy().requirement(
        request.call, channel=channel, code_effect=proposal.code_effect
    )


def _lets_run(requirement: Requirement, request: ApprovalRequest) -> bool:
    """Whether what approved *request* still does: people's word stays, a rule's may be gone."""
    if request.cause is Cause.RULE:
        return requirement.effect is Effect.ALLOW
    return requirement.effect is not Effect.DENY


async def _still_stands(
    desk: Desk, proposal: Proposal, requirement: Requirement, request: ApprovalRequest
) -> bool:
    """Return False when an approval that was not begun is void, because its rule is gone.

    Raises:
        CallDenied: a rule denies by now what has not begun.
    """
    if _lets_run(requirement, request):
        return True
    permit = await desk.store.write(lambda tx: tx.permit(request.id))
    if permit is not None and permit.state is not PermitState.UNCLAIMED:
        return True  # it has begun: what became of it is told, and it is not repeated
    if requirement.effect is Effect.DENY:
        await _refuse(desk, proposal, requirement)
    await withdraw(desk, request.id)
    return False


async def _refuse(desk: Desk, proposal: Proposal, requirement: Requirement) -> Never:
    await record_call(desk, proposal.call, requirement, requester=proposal.requester)
    raise not_approved(denied(requirement))
