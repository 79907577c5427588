"""What Claude Code asks about: one call of one of its tools, as it stands in its JSON.

Read from a hook's standard input and from the arguments of the permission-prompt tool. What is not
understood wholly is refused: nobody may be asked about something else than what will run.
"""

import hashlib
from dataclasses import dataclass

from approvals.domain import errors, strict_json
from approvals.domain.approval_request import Requester
from approvals.domain.strict_json import JsonValue
from approvals.domain.tool_call import ToolCall
from approvals.domain.tool_schema import ToolSchema
from approvals.gate.gateway import Proposal

_CWD_MAX_CHARS = 300
_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
)


AGENT = "claude-code"
"""Where a key names no agent."""
HANDED_OVER = "Claude Code was told that it may run this; how it ended is not known to Sayso."


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedTool:
    """One call that waits in Claude Code."""

    call: ToolCall
    reason: str
    """What a card says of it besides: where it would run. Nobody has verified it."""

    def proposal(self) -> Proposal:
        """Return what the gateway is asked; without a key, so that who goes away withdraws it."""
        return Proposal(
            call=self.call,
            requester=Requester(agent=AGENT),
            reason=self.reason,
            schema=schema_of_values(self.call.arguments),
        )


def schema_of_values(arguments: dict[str, JsonValue]) -> ToolSchema | None:
    """Return what may be changed of a call whose tool's schema nobody told: what stands there.

    Each argument may be another value of its kind; none is offered that the call does not have.
    """
    return ToolSchema.of(
        {
            "type": "object",
            "properties": {name: _kind_of(value) for name, value in arguments.items()},
            "required": sorted(arguments),
            "additionalProperties": False,
        }
    )


def asked_tool(told: dict[str, JsonValue], *, arguments: str) -> AskedTool:
    """Return what is asked about in *told*; *arguments* is the name they stand under.

    Raises:
        InvalidJson, InvalidArguments: naming what is missing or wrong.
    """
    tool, values = told.get("tool_name"), told.get(arguments)
    if not isinstance(tool, str) or not tool:
        raise errors.InvalidArguments("`tool_name` is missing, or is not a text.")
    if not isinstance(values, dict):
        raise errors.InvalidArguments(f"`{arguments}` is missing, or is not an object.")
    where = told.get("cwd")
    place = f" in {where[:_CWD_MAX_CHARS]}" if isinstance(where, str) and where else ""
    return AskedTool(
        call=ToolCall.of(tool, _fingerprint(tool), values), reason=f"Claude Code{place}"
    )


def _fingerprint(tool: str) -> str:
    """Say of which program the tool is: Claude Code tells no more about it."""
    origin = strict_json.write({"origin": "claude-code", "tool": tool})
    return hashlib.sha256(origin.encode()).hexdigest()


def _kind_of(value: JsonValue) -> dict[str, JsonValue]:
    for kind, name in _KINDS:
        if isinstance(value, kind):
            return {"type": name}
    return {}
