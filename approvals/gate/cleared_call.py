"""A call whose body a framework runs: asked and claimed here, and told here how it ended.

Used by the adapters of frameworks that call back for an approval and then run the tool themselves.
They can only be handed arguments; so what is handed over is parsed from the approved text alone.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from approvals.domain import errors
from approvals.domain.outcome import Outcome, refused
from approvals.gate.connection import Connection
from approvals.gate.exceptions import not_approved
from approvals.gate.execution import failure_text, result_text
from approvals.gate.gateway import Clearance
from approvals.gate.guard import Guard

_NOT_CHANGED = (
    "It was approved with other arguments, and this framework runs none but those that were asked "
    "about. It did not run."
)


@dataclass(slots=True, kw_only=True)
class ClearedCall:
    """One call that may run once, with exactly `arguments`."""

    connection: Connection
    clearance: Clearance
    arguments: dict[str, Any]
    """JSON values that nobody else holds, and what the framework injects, by name."""
    _is_told: bool = field(init=False, default=False)

    @property
    def outcome(self) -> Outcome | None:
        """What people decided; None where nobody was asked."""
        return self.clearance.outcome

    @property
    def is_told(self) -> bool:
        """Whether the gateway knows how it ended."""
        return self._is_told

    async def returned(self, result: Any) -> None:
        """Tell that the body ended with *result*; what is told first counts."""
        await self._tell(succeeded=True, result=result_text(result))

    async def raised(self, error: BaseException, *, is_unknown: bool = False) -> None:
        """Tell that the body ended with *error*, or that nobody knows how it ended."""
        was_cancelled = isinstance(error, asyncio.CancelledError)
        await self._tell(
            succeeded=False,
            result=failure_text(error),
            was_cancelled=was_cancelled,
            is_unknown=is_unknown,
        )

    async def _tell(self, **how: Any) -> None:
        if not self._is_told:
            self._is_told = True
            await self.connection.report(self.clearance, **how)


async def cleared(guard: Guard, given: Mapping[str, Any], *, can_change: bool) -> ClearedCall:
    """Ask about a call of *guard*'s tool with the arguments *given*, wait, and claim its permit.

    Args:
        guard: of the tool.
        given: arguments by name, with what the framework injects.
        can_change: whether the framework runs other arguments than it asked about; where it does
            not, people are offered no form for them.

    Raises:
        CallNotApproved: the subclass of the outcome; a call that cannot be asked about as it was
            made is a `CallRefused`.
        CallPaused: the context says `pauses`, and people have yet to decide.
    """
    try:
        proposal, injected = guard.propose((), dict(given))
    except errors.Refusal as refusal:
        raise not_approved(refused(refusal)) from refusal
    if not can_change:
        proposal = replace(proposal, schema=None)
    asked, connection = proposal.call, guard.gate.connection
    clearance = connection.admit(proposal) or await connection.ask(proposal)
    try:
        if not can_change and clearance.digest != asked.digest:
            raise errors.ArgsMismatch(_NOT_CHANGED)
        # Refuses what was not approved, and what would not reach the body as it was.
        guard.binding.thaw(clearance, asked.digest, dict(injected or {}))
    except errors.Refusal as refusal:
        await connection.report(clearance, succeeded=False, result="It did not run.")
        raise not_approved(refused(refusal)) from refusal
    arguments = {**json.loads(clearance.arguments_json), **(injected or {})}
    return ClearedCall(connection=connection, clearance=clearance, arguments=arguments)
