"""Calls as they were recorded: what a policy is tried on before it counts.

Read by `storage/read_recorded` for `sayso policy validate`, `replay` and `suggest`. Calls that were
asked about are kept with their arguments; those a rule allowed or denied at once with a digest
alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from approvals.domain.approval_request import Cause, Status
from approvals.domain.effect import Effect
from approvals.domain.ids import ChannelId, RequestId, UserId
from approvals.domain.requirement import Requirement
from approvals.domain.tool_call import ToolCall

RULE_IN_CODE = "rule in code"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCall:
    """A call with a row of its own: what it was, what it required, how its question ended."""

    request_id: RequestId
    call: ToolCall
    agent: str
    requirement: Requirement
    status: Status
    cause: Cause | None
    at: datetime
    decided_by: UserId | None = None

    @property
    def code_effect(self) -> Effect | None:
        """What the code that guards the tool said, where it had a say."""
        said = [rule.effect for rule in self.requirement.rules if rule.name == RULE_IN_CODE]
        return said[0] if said else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedCall:
    """A call a rule allowed or denied at once; its arguments are not kept."""

    tool: str
    agent: str
    channel: ChannelId
    effect: Effect
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a store holds since a moment, oldest first."""

    since: datetime
    asked: tuple[AskedCall, ...] = ()
    passed: tuple[PassedCall, ...] = ()

    @property
    def tools(self) -> frozenset[str]:
        """The names of all tools that were called."""
        return frozenset(_tools(self))


def _tools(recorded: Recorded) -> Iterable[str]:
    yield from (each.call.tool for each in recorded.asked)
    yield from (each.tool for each in recorded.passed)
