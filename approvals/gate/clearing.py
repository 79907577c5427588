"""What a clearance clears, for callers who run a call themselves: the approved arguments, checked.

Used by the adapters whose tools have no Python signature (MCP, Claude Code); `ToolBinding.thaw` is
the same for functions. Never runs on with anything but what was asked about and approved.
"""

from approvals.domain import errors
from approvals.domain.strict_json import JsonValue
from approvals.domain.tool_call import ToolCall
from approvals.gate.gateway import Clearance


def cleared_arguments(call: ToolCall, clearance: Clearance) -> dict[str, JsonValue]:
    """Return the arguments that may run now, once.

    Raises:
        ArgsMismatch: it clears another call than *call*.
    """
    if (clearance.asked_digest or clearance.digest) != call.digest:
        raise errors.ArgsMismatch
    cleared = ToolCall.read(call.tool, call.fingerprint, clearance.arguments_json)
    if cleared.digest != clearance.digest:
        raise errors.ArgsMismatch
    return cleared.arguments
