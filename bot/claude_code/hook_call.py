"""A hook's standard input, and what is answered to it: PreToolUse and PermissionRequest.

Called by `sayso hook claude-code`. An event that is none of the two has no answer here: the command
then ends with 2, which Claude Code takes for a no.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from approvals.domain import errors, strict_json
from approvals.gate.permission import Permission
from bot.claude_code.asked import AskedTool, asked_tool


class HookEvent(StrEnum):
    """The events at which a call can still be stopped."""

    PRE_TOOL_USE = "PreToolUse"
    PERMISSION_REQUEST = "PermissionRequest"


@dataclass(frozen=True, slots=True, kw_only=True)
class HookCall:
    """What Claude Code handed to the hook."""

    event: HookEvent
    told: dict[str, Any]

    @classmethod
    def read(cls, written: bytes) -> "HookCall":
        """Read what stood on standard input.

        Raises:
            InvalidJson: it is not one strict JSON value (cases R2, A12).
            InvalidArguments: it is of no event that can be answered.
        """
        told = strict_json.read(written)
        if not isinstance(told, dict):
            raise errors.InvalidArguments("What Claude Code wrote is not an object.")
        try:
            event = HookEvent(str(told.get("hook_event_name")))
        except ValueError:
            known = " and ".join(HookEvent)
            raise errors.InvalidArguments(
                f"`hook_event_name` is not one this hook answers: {known}. Configure it for them."
            ) from None
        return cls(event=event, told=told)

    def asked(self) -> AskedTool:
        """Return the call it is about.

        Raises:
            InvalidJson, InvalidArguments
        """
        return asked_tool(self.told, arguments="tool_input")


def answered(event: HookEvent, permission: Permission) -> bytes:
    """Return the one line of JSON that Claude Code reads."""
    given = _DRAWN[event](permission)
    said = {"hookSpecificOutput": {"hookEventName": str(event), **given}}
    return json.dumps(said, separators=(",", ":")).encode() + b"\n"


def _before_use(permission: Permission) -> dict[str, Any]:
    if permission.arguments is None:
        return {"permissionDecision": "deny", "permissionDecisionReason": permission.said}
    told = {"additionalContext": permission.told} if permission.told else {}
    return {
        "permissionDecision": "allow",
        "permissionDecisionReason": permission.said,
        "updatedInput": permission.arguments,
        **told,
    }


def _on_request(permission: Permission) -> dict[str, Any]:
    if permission.arguments is None:
        return {"decision": {"behavior": "deny", "message": permission.said}}
    return {"decision": {"behavior": "allow", "updatedInput": permission.arguments}}


_DRAWN = {
    HookEvent.PRE_TOOL_USE: _before_use,
    HookEvent.PERMISSION_REQUEST: _on_request,
}
