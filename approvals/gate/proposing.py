"""What surrounds a call becomes part of its proposal: who calls, in which run, under which key.

Used by guards and by `asking`, so that both mean the same by `Gate.calling()`.
"""

from dataclasses import replace

from approvals.gate.context import CallContext
from approvals.gate.gateway import Proposal


def within(proposal: Proposal, context: CallContext) -> Proposal:
    """Return *proposal* as it is made in *context*; what is said there stands before its own."""
    return replace(
        proposal,
        requester=context.requester(proposal.requester.agent),
        channel=context.channel or proposal.channel,
        reason=context.reason or proposal.reason,
        key=context.request_key,
        run_id=context.run_id,
        tool_call_id=context.tool_call_id,
        turn=context.turn,
        card_channel=context.card_channel,
        thread_ts=context.thread_ts,
        pending_max=context.pending_max,
        pauses=context.pauses,
    )
