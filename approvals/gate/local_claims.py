"""Between the gate's words and the operations': questions, clearances, and endings nobody awaits.

The part of the local gateway that holds nothing; `local_gateway` and `local_pauses` call it.
"""

import asyncio
import logging
from collections.abc import Sequence

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.asked_back import AskedBack
from approvals.domain.decision import Decision
from approvals.domain.ids import RequestId
from approvals.domain.outcome import Outcome, already_ran, denied, outcome_of, unknown
from approvals.domain.permit import Permit, PermitState
from approvals.domain.requirement import Effect, Requirement
from approvals.domain.terms import DEED, DIFF, EDIT
from approvals.gate.exceptions import not_approved
from approvals.gate.gateway import Clearance, Proposal
from approvals.gate.questions import Hearer, Question
from approvals.operations.answerer import Said
from approvals.operations.ask import Ask, ask_again, with_said
from approvals.operations.cancel_request import withdraw
from approvals.operations.claim_permit import Claimed
from approvals.operations.desk import Desk
from approvals.operations.ports import NotNow
from approvals.operations.record_calls import record_call
from approvals.operations.release_permit import release_permit
from approvals.operations.report_execution import report_execution

_log = logging.getLogger("sayso.gate")


async def withdrawn(desk: Desk, request_id: RequestId) -> None:
    """Withdraw the question of a caller that is gone."""
    try:
        await withdraw(desk, request_id)
    except errors.Refusal as refusal:
        _log.error("Request %s could not be withdrawn: %s", request_id, refusal.message)


async def gave_up(desk: Desk, claim: asyncio.Task[Claimed]) -> None:
    """Close *claim*, whose caller was cancelled meanwhile; one that was refused is another's.

    Whoever can come back with the key may claim it again: nothing ran.
    """
    try:
        request = (await claim).request
    except errors.Refusal:
        return
    await gave_back(desk, request.id)


async def gave_back(desk: Desk, request_id: RequestId) -> None:
    """Close the claim of a request whose body never began."""
    try:
        request = await desk.store.request(request_id)
        if request is not None and request.key is not None:
            await release_permit(desk, request_id)
            return
        await report_execution(
            desk, request_id, succeeded=False, result="Cancelled before it ran. It did not run."
        )
    except errors.Refusal as refusal:
        _log.error("The claim of %s could not be closed: %s", request_id, refusal.message)


def question(proposal: Proposal, requirement: Requirement) -> Ask:
    """Return what *proposal* asks, under *requirement*."""
    traits = proposal.traits
    return Ask(
        call=proposal.call,
        requirement=with_said(requirement, {DEED: traits.deed, DIFF: traits.compared}),
        requester=proposal.requester,
        injected=proposal.injected,
        reason=proposal.reason,
        key=proposal.key,
        run_id=proposal.run_id,
        tool_call_id=proposal.tool_call_id,
        turn=proposal.turn,
        card_channel=proposal.card_channel,
        thread_ts=proposal.thread_ts,
        is_heard=proposal.hearer is not None and not proposal.pauses,
        schema=proposal.schema if requirement.terms[EDIT] else None,
    )


def cleared(request: ApprovalRequest, approvals: Sequence[Decision]) -> Clearance:
    """Return the clearance of a request, which *approvals* led to if people were asked."""
    return Clearance(
        request_id=request.id,
        digest=request.call.digest,
        arguments_json=request.call.arguments_json,
        asked_digest=request.asked_digest if request.edits else None,
        outcome=outcome_of(request, approvals),
    )


async def strictly(desk: Desk, proposal: Proposal, requirement: Requirement) -> Clearance:
    """Return the clearance of an allowed call once it stands in the audit log.

    Raises:
        CallDenied: a rule denies it; that is written too.
        Frozen, StoreUnavailable
    """
    call = proposal.call
    await record_call(
        desk,
        call,
        requirement,
        requester=proposal.requester,
        card_channel=proposal.card_channel,
    )
    if requirement.effect is Effect.DENY:
        raise not_approved(denied(requirement))
    return Clearance(request_id=None, digest=call.digest, arguments_json=call.arguments_json)


def once_more(desk: Desk, request: ApprovalRequest) -> Ask:
    """Return the question of a lapsed approval, to be put again by the policy of now.

    Raises:
        CallDenied: a rule denies it by now.
    """
    requirement = desk.policy().requirement(
        request.asked_call, channel=request.requirement.channel, code_effect=Effect.ASK
    )
    if requirement.effect is Effect.DENY:
        raise not_approved(denied(requirement))
    return ask_again(request, requirement)


def spent(claimed: errors.AlreadyClaimed, request: ApprovalRequest) -> Outcome:
    """Return what an asker is told whose approval was used before."""
    permit = claimed.facts.get("permit")
    if isinstance(permit, Permit) and permit.state is PermitState.UNKNOWN:
        return unknown(request, permit)
    return already_ran(request, permit if isinstance(permit, Permit) else None)


async def heard(hearer: Hearer | None, request: ApprovalRequest, asked: AskedBack) -> Said:
    """Return what *hearer* answers.

    Raises:
        NotNow: there is none here.
    """
    if hearer is None:
        raise NotNow("nobody_waits")
    return Said(
        text=await hearer.answer(
            Question(
                tool=request.call.tool,
                arguments_json=request.call.arguments_json,
                text=asked.question,
                asked_by=asked.by,
            )
        )
    )
