"""Approvals for pydantic-ai: a capability that answers its deferred tool calls by the gate.

Imported by users alone. What an agent's author marked with `requires_approval` is asked about when
the model calls it. An approval that comes from anywhere else, as in `DeferredToolResults`, counts
for nothing: the gate is asked before the arguments are read and the tool runs.
"""

import asyncio
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from pydantic_ai import (
    ApprovalRequired,
    DeferredToolRequests,
    DeferredToolResults,
    ToolApproved,
    ToolDenied,
)
from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.messages import ToolReturn

from approvals.domain.ids import RequestId
from approvals.gate.binding import ToolBinding
from approvals.gate.cleared_call import ClearedCall, cleared
from approvals.gate.code_rules import RequireApproval
from approvals.gate.context import CallContext, current, entered, inside_body, made_key
from approvals.gate.declared import NOTHING_DECLARED, Declared
from approvals.gate.exceptions import CallNotApproved, CallPaused
from approvals.gate.gate import Gate
from approvals.gate.guard import Guard
from approvals.gate.told import before_the_result

MARK = "sayso_request"
"""The key of a deferred call's metadata that names the request it waits for."""
Ended: TypeAlias = ClearedCall | CallNotApproved | CallPaused


@dataclass(kw_only=True)
class Approvals(AbstractCapability):
    """``Agent(…, capabilities=[Approvals(gate=gate)])``.

    A call waits in memory; with *pauses* it ends the run instead, with `DeferredToolRequests` as
    its output, and `resume` goes on from there in any process.
    """

    gate: Gate
    channel: str | None = None
    """Whose rules apply; else the gate's, else the policy's `tools:` decide."""
    require_approval: RequireApproval = False
    """A rule in code, added to the gate's."""
    declared: Declared = NOTHING_DECLARED
    """Which tools only read, and which may run twice under one key."""
    pauses: bool = False
    _open: dict[tuple[str, str], Ended] = field(default_factory=dict, init=False, repr=False)
    """What has become of the calls that have yet to run, by run and tool call."""

    async def handle_deferred_tool_calls(
        self, ctx: Any, *, requests: DeferredToolRequests
    ) -> DeferredToolResults | None:
        """Ask about the calls that need approval, side by side; other deferred calls stay."""
        async with asyncio.TaskGroup() as asking:
            for call in requests.approvals:
                asking.create_task(self._ask(ctx, call, ctx.tools[call.tool_name]))
        approvals, answered_by = {}, {}
        for call in requests.approvals:
            ended = self._open[_place(ctx, call)]
            if isinstance(ended, CallPaused):
                requests.metadata[call.tool_call_id] = _mark(ended)
                del self._open[_place(ctx, call)]
                continue
            if isinstance(ended, ClearedCall):
                approvals[call.tool_call_id] = ToolApproved(override_args=ended.arguments)
            else:
                approvals[call.tool_call_id] = ToolDenied(str(ended))
                del self._open[_place(ctx, call)]
            if ended.outcome is not None and ended.outcome.by is not None:
                answered_by[call.tool_call_id] = ended.outcome.by
        return requests.build_results(approvals=approvals, answered_by=answered_by)

    async def before_tool_validate(
        self, ctx: Any, *, call: Any, tool_def: Any, args: str | dict[str, Any]
    ) -> str | dict[str, Any]:
        """Let nothing but the approved text be read as the arguments of an approved call."""
        if not ctx.tool_call_approved:
            return args
        if _place(ctx, call) not in self._open:
            await self._ask(ctx, call, tool_def)
        ended = self._open[_place(ctx, call)]
        return ended.arguments if isinstance(ended, ClearedCall) else args

    async def on_tool_validate_error(
        self, ctx: Any, *, call: Any, tool_def: Any, args: Any, error: Exception
    ) -> Any:
        """Tell that an approved call did not begin: the tool does not take its arguments."""
        ended = self._open.pop(_place(ctx, call), None)
        if isinstance(ended, ClearedCall):
            await ended.raised(error)
        raise error

    async def wrap_tool_execute(
        self, ctx: Any, *, call: Any, tool_def: Any, args: dict[str, Any], handler: Any
    ) -> Any:
        """Run an approved call once, and tell the gateway how it ended."""
        if not ctx.tool_call_approved:
            return await handler(args)
        ended = self._open.pop(_place(ctx, call))
        if isinstance(ended, CallPaused):
            raise ApprovalRequired(metadata=_mark(ended))
        if isinstance(ended, CallNotApproved):
            return ToolDenied(str(ended))
        try:
            with inside_body():
                result = await handler(args)
        except BaseException as error:
            await ended.raised(error)
            raise
        await ended.returned(result)
        return _told(result, before_the_result(ended.outcome, tool_def.name))

    async def wrap_run(self, ctx: Any, *, handler: Any) -> Any:
        """Tell of the calls that were approved in this run and did not begin."""
        try:
            return await handler()
        finally:
            for place in [place for place in self._open if place[0] == ctx.run_id]:
                ended = self._open.pop(place)
                if isinstance(ended, ClearedCall):
                    await ended.raised(asyncio.CancelledError())

    async def _ask(self, ctx: Any, call: Any, tool_def: Any) -> None:
        """Note what has become of *call*, once it is known."""
        try:
            with self._said(ctx, call):
                guard = self._guard(tool_def)
                given = call.args_as_dict()
                ended: Ended = await cleared(guard, given, can_change=True)
        except (CallNotApproved, CallPaused) as why:
            ended = why
        self._open[_place(ctx, call)] = ended

    def _said(self, ctx: Any, call: Any) -> AbstractContextManager[CallContext | None]:
        """Give a call that pauses the key that finds it again."""
        if not self.pauses:
            return nullcontext()
        key = made_key("pydantic-ai", str(ctx.conversation_id), call.tool_call_id)
        return entered(
            replace(current(), key=key, tool_call_id=call.tool_call_id, pauses=True, run_id=None)
        )

    def _guard(self, tool_def: Any) -> Guard:
        binding = ToolBinding.of_schema(
            tool_def.name,
            tool_def.parameters_json_schema,
            description=tool_def.description or "",
            origin="pydantic_ai",
        )
        return self.gate.guard_for(
            binding,
            channel=self.channel,
            require_approval=self.require_approval,
            traits=self.declared.traits(tool_def.name),
        )


def paused_requests(requests: DeferredToolRequests) -> list[RequestId]:
    """Return the requests that *requests* wait for people to answer."""
    return [
        RequestId(str(metadata[MARK]))
        for metadata in requests.metadata.values()
        if MARK in metadata
    ]


async def resume(
    agent: Any, messages: Any, requests: DeferredToolRequests, *, gate: Gate, **run: Any
) -> Any:
    """Go on with a paused run as soon as people have decided, until it ends.

    Args:
        agent: made as the one that paused, with `Approvals(…, pauses=True)`.
        messages: `all_messages()` of the paused run, which names the conversation.
        requests: its output.
        gate: the agent's, connected.
        run: passed on to `agent.run`, as `deps=`.

    Returns:
        The result of the last run. Its output is `DeferredToolRequests` where calls wait that are
        not ours to answer.
    """
    while True:
        await gate.until_decided(paused_requests(requests))
        # Which of them may run is not said here: the gate is asked again by the capability.
        again = requests.build_results(approvals=dict.fromkeys(_ours(requests), True))
        result = await agent.run(message_history=messages, deferred_tool_results=again, **run)
        if not isinstance(result.output, DeferredToolRequests) or not _ours(result.output):
            return result
        messages, requests = result.all_messages(), result.output


def _ours(requests: DeferredToolRequests) -> list[str]:
    return [call_id for call_id, metadata in requests.metadata.items() if MARK in metadata]


def _place(ctx: Any, call: Any) -> tuple[str, str]:
    return str(ctx.run_id), str(call.tool_call_id)


def _mark(paused: CallPaused) -> dict[str, Any]:
    return {MARK: str(paused.request_id)}


def _told(result: Any, text: str | None) -> Any:
    """Return *result* for the model, begun with what people changed and wrote."""
    if text is None:
        return result
    if isinstance(result, ToolReturn):
        return replace(result, return_value=_told(result.return_value, text))
    return f"{text}\n{result}" if isinstance(result, str) else {"approval": text, "result": result}
