"""The middleware that puts the gate in front of every tool of a LangChain agent, in either style.

*Future*: the call waits in memory. *Pause*: the call becomes LangGraph's `interrupt()`, the graph
returns, and nothing is left in memory. The pause is stored by the graph's checkpointer; the answer
stands in our row. On every resume the row is read first, and whatever is passed to resume is
ignored: only the row can let a body run. What other middlewares do to a call on its way to the tool
is `langchain_crossing`'s.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, cast

from langchain.agents.middleware import AgentMiddleware
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import BaseTool
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.types import Command, interrupt

from approvals.domain import errors
from approvals.gate.code_rules import RequireApproval
from approvals.gate.context import CallContext, current, entered, made_key
from approvals.gate.declared import Declared
from approvals.gate.exceptions import CallPaused
from approvals.gate.gate import Gate
from approvals.gate.langchain_crossing import GatedRequest, crossing
from approvals.gate.langchain_tools import GuardedTool, guard_tool

ToolAnswer = ToolMessage | Command[Any]
PAUSE_KIND = "sayso.paused"
PAUSE_VERSION = 1
_GUARDED_MAX = 1_000


class ApprovalMiddleware(AgentMiddleware[Any, Any, Any]):
    """Asks before the tools of one agent run.

    ```python
    agent = create_agent(model, tools, middleware=[ApprovalMiddleware(gate)], checkpointer=saver)
    ```

    Tools that are guarded already stay as they are; all others are put behind *gate*, so that
    giving the agent a tool cannot forget the gate. That holds for a tool that another middleware
    puts into the request as well, before or after this one; a tool that would start beside the
    gate is stopped with `CallNotGated`. What a middleware does itself, without the handler, is its
    own code, and nothing here sees it.
    """

    def __init__(
        self,
        gate: Gate,
        *,
        pauses: bool = True,
        channel: str | None = None,
        require_approval: RequireApproval = False,
        declared: Declared | None = None,
    ) -> None:
        """*pauses* needs a checkpointer and a `thread_id`; without it calls wait in memory."""
        super().__init__()
        self._gate = gate
        self._pauses = pauses
        self._channel = channel
        self._require_approval = require_approval
        self._declared = declared or Declared()
        self._guarded: dict[int, tuple[BaseTool, GuardedTool]] = {}
        """By identity: tools cannot be hashed. The tool is kept so that its id stays its own."""

    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[ToolAnswer]],
    ) -> ToolAnswer:
        """Run the call behind the gate, or pause the graph until people have decided."""
        guarded = self._behind_the_gate(request)
        with crossing(request) as one:
            while True:
                answer: ToolAnswer | None = None
                try:
                    with entered(self._context(request)) as context:
                        await self._pause_early(context)
                        answer = await handler(guarded)
                except Exception as error:
                    one.caught(error)
                if one.paused is None:
                    return one.refusal_of(request) or cast("ToolAnswer", answer)
                # Returns only when somebody resumed with a value; the row is asked once more.
                interrupt(pause_value(one.paused))
                one.begin()

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], ToolAnswer]
    ) -> ToolAnswer:
        """Run the call of a graph that is invoked without a loop; else as `awrap_tool_call`."""
        guarded = self._behind_the_gate(request)
        with crossing(request) as one:
            while True:
                answer: ToolAnswer | None = None
                try:
                    with entered(self._context(request)):
                        answer = handler(guarded)
                except Exception as error:
                    one.caught(error)
                if one.paused is None:
                    return one.refusal_of(request) or cast("ToolAnswer", answer)
                interrupt(pause_value(one.paused))
                one.begin()

    async def _pause_early(self, context: CallContext) -> None:
        """Pause a call that is known to wait before LangChain prepares it once more.

        LangGraph enters every waiting sibling again whenever one of them goes on.
        """
        key = context.request_key
        if not context.pauses or key is None or not self._gate.is_here:
            return
        try:
            waiting = await self._gate.connection.gateway.pending(key)
        except errors.Refusal:
            return  # the call itself says what is wrong
        if waiting is not None:
            raise CallPaused(waiting)

    def _behind_the_gate(self, request: ToolCallRequest) -> GatedRequest:
        return GatedRequest(
            tool_call=request.tool_call,
            tool=request.tool,
            state=request.state,
            runtime=request.runtime,
            guard=self._guard,
        )

    def _guard(self, tool: BaseTool) -> BaseTool:
        if isinstance(tool, GuardedTool):
            return tool
        known = self._guarded.get(id(tool))
        if known:
            return known[1]
        guarded = guard_tool(
            self._gate,
            tool,
            channel=self._channel,
            require_approval=self._require_approval,
            declared=self._declared,
        )
        if len(self._guarded) >= _GUARDED_MAX:  # tools that are made anew for each call
            self._guarded.clear()
        self._guarded[id(tool)] = (tool, guarded)
        return guarded

    def _context(self, request: ToolCallRequest) -> CallContext:
        """Say which call this is; what the caller has said before stays."""
        known = current()
        if known.is_in_body:
            return known  # it waits in memory, and has no key but one the body gives
        call_id = request.tool_call["id"]
        context = replace(
            known,
            pauses=self._pauses,
            message_id=known.message_id or asked_by(request),
            tool_call_id=call_id,
        )
        if context.key is None and context.run_id is None:
            thread = request.runtime.config.get("configurable", {}).get("thread_id")
            if thread and context.message_id and call_id:
                key = made_key("thread", str(thread), context.message_id, call_id)
                return replace(context, key=key)
        return context


def asked_by(request: ToolCallRequest) -> str | None:
    """Return the id of the AI message the call stands in; ids of calls repeat between messages."""
    call_id = request.tool_call["id"]
    said = (m for m in reversed(request.state["messages"]) if isinstance(m, AIMessage))
    return next((m.id for m in said if any(c["id"] == call_id for c in m.tool_calls)), None)


def pause_value(paused: CallPaused) -> dict[str, Any]:
    """Return what a pause stores in the checkpoint: plain JSON with a version, and no authority."""
    return {
        "type": PAUSE_KIND,
        "version": PAUSE_VERSION,
        "request_id": paused.request_id,
        "is_interrupted": paused.is_interrupted,
    }
