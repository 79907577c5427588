"""The guarded call itself: freeze, ask, run by permit. One `Guard` for each guarded tool.

Made by `Gate.guard()` and the framework adapters. While a call waits, only the frames of this file
and of the gateway are in memory: the proposal is let go before the wait begins.
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from approvals.domain import errors
from approvals.domain.approval_request import Requester
from approvals.domain.plain_tool import PlainTool
from approvals.gate.binding import ToolBinding
from approvals.gate.code_rules import Rule
from approvals.gate.connection import Connection
from approvals.gate.context import NOTHING_KNOWN, current
from approvals.gate.execution import Execution
from approvals.gate.function_form import GUARD_MARK, FunctionForm
from approvals.gate.gateway import UNDECLARED, Proposal, ToolTraits
from approvals.gate.plain_values import Bound
from approvals.gate.proposing import within
from approvals.gate.questions import Hearer, OnQuestion


class Connected(Protocol):
    """What a guard needs of its gate."""

    @property
    def connection(self) -> Connection:
        """The gateway in use; raises CallUnavailable when there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One tool behind the gate, with what its configuration says."""

    gate: Connected
    agent: str
    binding: ToolBinding
    channel: str | None = None
    reason: str | None = None
    rule: Rule | None = None
    traits: ToolTraits = UNDECLARED
    on_question: OnQuestion | None = None
    _requester: Requester = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_requester", Requester(agent=self.agent))

    def propose(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Proposal, dict[str, Any] | None]:
        """Freeze a call into a proposal; the second value is what was injected.

        Raises:
            InvalidArguments: before anyone is asked.
        """
        call, given = self.binding.freeze(args, kwargs)
        effect = self.rule(call) if self.rule else None
        proposal = Proposal(
            call=call,
            requester=self._requester,
            channel=self.channel,
            code_effect=effect,
            injected=self.binding.injected,
            reason=self.reason,
            traits=self.traits,
            hearer=Hearer.of(self.on_question),
            schema=self.binding.tool_schema,
        )
        context = current()
        return (proposal if context is NOTHING_KNOWN else within(proposal, context)), given

    def awaiting(self, body: Callable[..., Any], *, in_thread: bool = False) -> Callable[..., Any]:
        """Return the coroutine function that runs *body* once it may.

        Set *in_thread* for a body that is not awaited, so that it cannot block the loop.
        """
        gate, binding = self.gate, self.binding
        passing = None if in_thread or self.rule is not None else self._passing()

        async def guarded(*args: Any, **kwargs: Any) -> Any:
            if passing is not None and (bound := passing(args, kwargs)) is not None:
                return await body(*bound[0], **bound[1])
            proposal, given = self.propose(args, kwargs)
            del args, kwargs
            connection = gate.connection
            digest, pauses = proposal.call.digest, proposal.pauses
            clearance = connection.admit(proposal)
            if clearance is None:
                asking = connection.ask(proposal)
                del proposal
                clearance = await asking
            if clearance.request_id is None and not in_thread and current() is NOTHING_KNOWN:
                args, kwargs = binding.thaw(clearance, digest, given)
                return await body(*args, **kwargs)  # the short way: nothing to report or to hide
            execution = Execution(
                binding=binding,
                connection=connection,
                clearance=clearance,
                digest=digest,
                given=given,
                pauses=pauses,
                is_idempotent=self.traits.idempotent,
            )
            return await (execution.run_in_thread(body) if in_thread else execution.run(body))

        return guarded

    def _passing(self) -> Callable[..., Bound | None] | None:
        """Return the short way of plain calls: what the body is called with, if it may run now.

        None for a tool without plain calls, or with a name that has to be refused.
        """
        gate, calls, name = self.gate, self.binding.plain_calls, self.binding.name
        if calls is None:
            return None
        try:
            tool = PlainTool(
                name=name,
                requester=self._requester,
                parameters=calls.parameters.positional,
                channel=self.channel,
            )
        except errors.UnsafeText:
            return None
        bind = calls.bind

        def passing(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Bound | None:
            if current() is not NOTHING_KNOWN or (bound := bind(args, kwargs)) is None:
                return None
            return bound if gate.connection.passes(tool, bound[2]) else None

        return passing

    def blocking(self, body: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function that waits in its thread and runs *body* there once it may."""

        def guarded(*args: Any, **kwargs: Any) -> Any:
            connection = self.gate.connection
            connection.refuse_own_loop(self.binding.name)
            proposal, given = self.propose(args, kwargs)
            if proposal.hearer is not None:  # its loop, if any, stands still while this waits
                proposal = replace(proposal, hearer=replace(proposal.hearer, loop=None))
            execution = Execution(
                binding=self.binding,
                connection=connection,
                clearance=connection.clear(proposal),
                digest=proposal.call.digest,
                given=given,
                pauses=proposal.pauses,
                is_idempotent=self.traits.idempotent,
            )
            return execution.run_here(body)

        return guarded


def dressed(guarded: Callable[..., Any], tool: Callable[..., Any], form: FunctionForm) -> Any:
    """Give *guarded* the looks of *tool*, but no way around the gate such as `__wrapped__`."""
    functools.update_wrapper(guarded, tool)
    looks: Any = guarded
    looks.__dict__.pop("__wrapped__", None)
    looks.__signature__ = signature = form.signature
    each = [(one.name, one.annotation) for one in signature.parameters.values()]
    annotations = {**dict(each), "return": signature.return_annotation}
    looks.__annotations__ = {
        name: annotation
        for name, annotation in annotations.items()
        if annotation is not inspect.Parameter.empty
    }
    setattr(guarded, GUARD_MARK, True)
    return guarded
