"""What is told of an approval beyond its decision: that it was used before, or not in time.

Read by `outcome`, and by the gateways that are told of permits by others.
"""

from approvals.domain.permit import PermitState

ALREADY_RAN = "This call already ran, or is running, under the same key; it was not repeated."
LAPSED = "The approval was not used in time. The call did not run."
_ENDINGS = {
    PermitState.SUCCEEDED: "and succeeded",
    PermitState.FAILED: "and failed",
}


def said_of_used(state: PermitState | None) -> str:
    """Return what is told of a call whose permit was used before, and is in *state* now."""
    if state is PermitState.UNKNOWN:
        return "Nobody knows how this call ended. It may or may not have happened."
    ending = _ENDINGS.get(state) if state else None
    if ending is None:
        return ALREADY_RAN
    return f"This call already ran under the same key {ending}; it was not repeated."
