"""Permission for a call that somebody else runs: asked of the gateway, told as it stands.

Used for Claude Code and for MCP clients, which run their tools themselves. Whatever is not
permission is its absence: only a clearance of exactly this call says yes, and using it is recorded.
"""

import asyncio
import logging
from dataclasses import dataclass

from approvals.domain import errors
from approvals.domain.strict_json import JsonValue
from approvals.gate.clearing import cleared_arguments
from approvals.gate.exceptions import CallNotApproved
from approvals.gate.gateway import Clearance, Gateway, Proposal
from approvals.gate.told import before_the_result

_REPORT_WITHIN_S = 3.0
_log = logging.getLogger("sayso.gate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """What the asker is told."""

    arguments: dict[str, JsonValue] | None
    """What may run, and nothing else; None: nothing may."""
    said: str
    """Why, for people and the model."""
    told: str | None = None
    """What the model should know about a call that may run: what people changed and wrote."""


def refusal(said: str) -> Permission:
    """Return that nothing may run."""
    return Permission(arguments=None, said=said)


async def permission(gateway: Gateway, proposal: Proposal, *, handed_over: str) -> Permission:
    """Ask people where the policy says so, and wait; cancelled, the question is withdrawn.

    Args:
        gateway: whose policy and people decide.
        proposal: the call.
        handed_over: what the record says of an approval that was told to whoever runs the call.
    """
    try:
        clearance = gateway.admit(proposal) or await gateway.ask(proposal)
    except CallNotApproved as why:
        return refusal(str(why))
    except errors.Refusal as why:
        return refusal(f"{why.message} The call did not run.")
    try:
        arguments = cleared_arguments(proposal.call, clearance)
    except errors.Refusal as why:
        await _report(gateway, clearance, f"{why.message} It did not run.", succeeded=False)
        return refusal(f"{why.message} The call did not run.")
    await _report(gateway, clearance, handed_over, succeeded=True)
    outcome = clearance.outcome
    by = f" ({outcome.by})" if outcome is not None and outcome.by else ""
    return Permission(
        arguments=arguments,
        said="The policy allows this call." if outcome is None else f"{outcome.message}{by}",
        told=before_the_result(outcome, proposal.call.tool),
    )


async def _report(gateway: Gateway, clearance: Clearance, said: str, *, succeeded: bool) -> None:
    """Record that the permit is used: who runs the call tells no end of it."""
    if clearance.request_id is None:
        return
    try:
        async with asyncio.timeout(_REPORT_WITHIN_S):
            await gateway.report(clearance, succeeded=succeeded, result=said)
    except Exception as why:  # its permit will read `unknown`; the permission stands
        _log.warning("What became of a permit could not be recorded: %s", why)
