"""What is the same about all plain calls of one tool, known when the tool is guarded.

Made by a guard, handed to the gateway with every such call, and kept with it for the audit log.
What makes a call plain, `gate/plain_values` says.
"""

from dataclasses import dataclass
from typing import TypeAlias

from approvals.domain.approval_request import Requester
from approvals.domain.strict_json import JsonValue, refuse_unsafe

PlainArguments: TypeAlias = tuple[JsonValue, ...] | dict[str, JsonValue]
"""Texts, numbers, truth values and null: all of a tool's arguments in order, or by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainTool:
    """A tool as its plain calls name it.

    Its names can be written to the audit log: there is none whose names cannot.
    """

    name: str
    requester: Requester
    parameters: tuple[str, ...]
    """Names the arguments of a call that gives them in order."""
    channel: str | None = None
    """Fixed by the guard's configuration: a name (``#ops``) or an id."""

    def __post_init__(self) -> None:
        """Refuse a name that would keep every event from the audit log.

        Raises:
            UnsafeText
        """
        refuse_unsafe(self.name, self.requester.agent, self.requester.person)

    def named(self, arguments: PlainArguments) -> dict[str, JsonValue]:
        """Return *arguments* by name."""
        if isinstance(arguments, dict):
            return arguments
        return dict(zip(self.parameters, arguments, strict=True))
