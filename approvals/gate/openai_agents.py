"""Tools of the OpenAI Agents SDK behind the gate, in both styles.

Imported by users alone. The SDK's own `needs_approval` pauses the run; what lets the tool run is
the gateway's row, which the guarded tool asks as it starts. So an approval that was put into a
`RunState` by anybody else lets nothing run. The SDK's `approve` takes no other arguments, so
approvers are offered no form for them.
"""

import copy
import json
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, TypeAlias

from agents import Agent, FunctionTool, Runner, RunState
from agents.tool import maybe_invoke_function_tool_failure_error_function

from approvals.domain import errors, strict_json
from approvals.domain.ids import RequestId
from approvals.domain.outcome import Outcome, OutcomeKind, refused
from approvals.gate.binding import ToolBinding
from approvals.gate.cleared_call import ClearedCall, cleared
from approvals.gate.code_rules import RequireApproval
from approvals.gate.context import CallContext, current, entered, inside_body, made_key
from approvals.gate.declared import NOTHING_DECLARED, Declared
from approvals.gate.exceptions import (
    CallNotApproved,
    CallPaused,
    CallUnavailable,
    EndUnknown,
    not_approved,
)
from approvals.gate.gate import Gate
from approvals.gate.guard import Guard
from approvals.gate.openai_agents_state import seal, unseal
from approvals.gate.told import before_the_result

__all__ = ["ask_interruptions", "guard_tools", "resume", "seal", "unseal"]
State: TypeAlias = "RunState[Any, Any]"
Standing: TypeAlias = CallPaused | CallNotApproved | None
_GUARD = "sayso_guard"
_RUN: ContextVar[str | None] = ContextVar("sayso_openai_run", default=None)
"""The name of the run that `resume` lets go on."""


def guard_tools(
    gate: Gate,
    tools: Sequence[FunctionTool],
    *,
    pauses: bool = False,
    channel: str | None = None,
    require_approval: RequireApproval = False,
    declared: Declared = NOTHING_DECLARED,
) -> list[FunctionTool]:
    """Return *tools* that ask before they run; names, descriptions and schemas stay.

    Args:
        gate: The gate that asks.
        tools: Made with `@function_tool`.
        pauses: Interrupt the run, to be gone on with by `resume`; else calls wait in memory.
        channel: Whose rules apply; else the gate's, else the policy's `tools:` decide.
        require_approval: A rule in code, added to the gate's.
        declared: Which tools only read, and which may run twice under one key.

    Raises:
        UnsupportedTool: for another kind of tool, whose call could not be shown and bound exactly,
            and for one whose time limit would end the wait for people as well.
    """
    if not pauses:
        _refuse_limited(tools)
    return [
        _guarded(
            tool,
            gate.guard_for(
                _binding(tool),
                channel=channel,
                require_approval=require_approval,
                traits=declared.traits(tool.name),
            ),
            pauses=pauses,
        )
        for tool in tools
    ]


async def ask_interruptions(state: State, *, gate: Gate, run: str) -> tuple[RequestId, ...]:
    """Put the questions of a paused *run*, and return those that people have yet to answer.

    Safe to call again: each call finds its question by its key.
    """
    found = [await _standing(item, gate, run) for item in state.get_interruptions()]
    return tuple(each.request_id for each in found if isinstance(each, CallPaused))


async def resume(agent: "Agent[Any]", state: State, *, gate: Gate, run: str, **options: Any) -> Any:
    """Wait until one call of a paused run is decided, and let the run go on with what is.

    Args:
        agent: The one the run began with; its tools come from `guard_tools(…, pauses=True)`.
        state: `result.to_state()`, or what `unseal` returned.
        gate: The gate that asks, connected.
        run: The run's own name, the same in every process. It is part of each call's key.
        options: What `Runner.run` takes besides: `max_turns`, `run_config`, …

    Returns:
        The SDK's result. While it has `interruptions`, resume its `to_state()` again.

    Raises:
        CallUnavailable: the gateway closed while it waited; the run is still paused.
    """
    found = await _decided(state, gate, run)
    for item, ended in found:
        if isinstance(ended, CallNotApproved):
            state.reject(item, rejection_message=str(ended))
        elif ended is None:
            state.approve(item)
    token = _RUN.set(run)
    try:
        return await Runner.run(agent, state, **options)
    finally:
        _RUN.reset(token)


async def _decided(state: State, gate: Gate, run: str) -> list[tuple[Any, Standing]]:
    """Return what has become of each interruption, once that is known of at least one."""
    while True:
        items = state.get_interruptions()
        found = [(item, await _standing(item, gate, run)) for item in items]
        waiting = [each.request_id for _, each in found if isinstance(each, CallPaused)]
        if len(waiting) < len(found) or not found:
            return found
        await gate.until_decided(waiting)


async def _standing(item: Any, gate: Gate, run: str) -> Standing:
    """Return what keeps a call from running, or None; claim nothing."""
    guard = next((_guard_of(each) for each in item.agent.tools if each.name == item.name), None)
    try:
        if guard is None:
            raise _refused(f"{item.name} is not a guarded tool of {item.agent.name}.")
        call_id, arguments = item.call_id, _arguments(item.name, item.arguments)
        with entered(_context(run, call_id)):
            proposal, _ = guard.propose((), arguments)
        await gate.connection.ask(replace(proposal, claims=False, schema=None))
    except CallUnavailable:
        raise
    except (CallPaused, CallNotApproved) as ended:
        return ended
    except errors.Refusal as refusal:
        return not_approved(refused(refusal))
    return None


def _refuse_limited(tools: Sequence[FunctionTool]) -> None:
    """Refuse what the SDK would stop amid the wait: it counts that as the tool's own time."""
    for tool in tools:
        if getattr(tool, "timeout_seconds", None) is not None:
            raise errors.UnsupportedTool(
                f"{tool.name} has a time limit, which would end the wait for people as well. Take "
                "it away, or guard it with pauses=True."
            )


def _guarded(tool: FunctionTool, guard: Guard, *, pauses: bool) -> FunctionTool:
    body = copy.copy(tool)
    # Its failure is to be seen; what the model reads of it is made afterwards, as it would be.
    body._failure_error_function, body._use_default_failure_error_function = None, False

    async def invoke(context: Any, text: str) -> Any:
        try:
            call = await _cleared(guard, context.tool_call_id, text)
        except CallNotApproved as why:
            return str(why)
        try:
            with inside_body():
                result = await body.on_invoke_tool(context, strict_json.write(call.arguments))
        except BaseException as error:
            is_unknown = isinstance(error, EndUnknown) and not guard.traits.idempotent
            await call.raised(error, is_unknown=is_unknown)
            said = await _said_of(guarded, context, error)
            if said is None:
                raise
            return said
        await call.returned(result)
        words = before_the_result(call.outcome, tool.name)
        return f"{words}\n{result}" if words and isinstance(result, str) else result

    guarded = replace(tool, on_invoke_tool=invoke, needs_approval=pauses)
    setattr(guarded, _GUARD, guard)
    return guarded


async def _cleared(guard: Guard, call_id: str, text: str) -> ClearedCall:
    """Return the claimed call, however long that takes: a tool that has started cannot pause."""
    run = _RUN.get()
    context = replace(current(), tool_call_id=call_id) if run is None else _context(run, call_id)
    arguments = _arguments(guard.binding.name, text)
    while True:
        try:
            with entered(context):
                return await cleared(guard, arguments, can_change=False)
        except CallPaused as paused:
            if paused.is_interrupted:  # nothing to wait for here: somebody has to look first
                raise _interrupted(paused) from paused
            await guard.gate.connection.awaited(
                guard.gate.connection.gateway.until_decided([paused.request_id])
            )


async def _said_of(tool: FunctionTool, context: Any, error: BaseException) -> str | None:
    """Return what the model reads of a failure; None where the author lets it end the run."""
    if not isinstance(error, Exception):
        return None
    said: str | None = await maybe_invoke_function_tool_failure_error_function(
        function_tool=tool, context=context, error=error
    )
    return said


def _context(run: str, call_id: str) -> CallContext:
    key = made_key("openai", run, call_id)
    return replace(current(), key=key, tool_call_id=call_id, pauses=True, run_id=None)


def _arguments(tool: str, text: str) -> dict[str, Any]:
    try:
        arguments = json.loads(text or "{}")
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        raise _refused(f"{tool}: the arguments are no JSON object.")
    return arguments


def _refused(why: str) -> CallNotApproved:
    return not_approved(refused(errors.InvalidArguments(why)))


def _interrupted(paused: CallPaused) -> CallNotApproved:
    said = "An earlier run of this call was interrupted; nobody knows whether it happened."
    return not_approved(
        Outcome(kind=OutcomeKind.UNKNOWN, message=said, request_id=paused.request_id)
    )


def _guard_of(tool: Any) -> Guard | None:
    guard = getattr(tool, _GUARD, None)
    return guard if isinstance(guard, Guard) else None


def _binding(tool: Any) -> ToolBinding:
    if not isinstance(tool, FunctionTool):
        raise errors.UnsupportedTool(
            f"{getattr(tool, 'name', tool)!s:.80} is not made with @function_tool."
        )
    if _guard_of(tool) is not None:
        raise errors.UnsupportedTool(f"{tool.name} is guarded already, and would ask twice.")
    if tool._is_agent_tool:
        raise errors.UnsupportedTool(f"{tool.name} is an agent: guard its own tools instead.")
    function = getattr(tool, "__wrapped__", None)
    origin = f"{function.__module__}:{function.__qualname__}" if function else "agents:FunctionTool"
    return ToolBinding.of_schema(
        tool.name, tool.params_json_schema, description=tool.description, origin=origin
    )
