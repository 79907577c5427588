"""One call of a wrapped server's tool: asked about, sent once with what was approved, reported.

Used by `wrapping`. What cannot be asked about does not reach the server, and the model is told why
as the result of its call. A server's own results and errors go back as they came.
"""

from dataclasses import dataclass, field
from typing import Any

from mcp import types
from pydantic import ValidationError

from approvals.domain import errors
from approvals.domain.approval_request import Requester
from approvals.domain.strict_json import JsonValue
from approvals.domain.tool_call import ToolCall
from approvals.gate.clearing import cleared_arguments
from approvals.gate.connection import Connection
from approvals.gate.exceptions import CallNotApproved
from approvals.gate.execution import RESULT_MAX_CHARS
from approvals.gate.gateway import Clearance, Proposal
from approvals.gate.told import before_the_result
from bot.mcp.messages import Message, MessageId, failure, tool_failure
from bot.mcp.offered import Offered, ToolChanged
from bot.mcp.results import result_text
from bot.mcp.upstream import CallNotTaken, McpEndUnknown, McpUnavailable
from bot.mcp.upstream_wire import UpstreamWire

AGENT = "mcp"
"""Where a key names no agent."""
_KNOWN = frozenset({"name", "arguments", "_meta"})
_CANCELLED = "cancelled while it ran; how much of it happened is not known"


@dataclass(slots=True, kw_only=True)
class GatedCall:
    """The gate before one server's tools."""

    connection: Connection
    upstream: UpstreamWire
    offered: Offered
    name: str = ""
    """Stands before the tools' names, as ``name_tool``, in the policy and on cards."""
    _with_server: set[MessageId] = field(default_factory=set)

    def is_with_server(self, named: MessageId) -> bool:
        """Whether the call of this id has been handed to the server."""
        return named in self._with_server

    async def answer(self, request: Message) -> Message:
        """Return what answers *request*, a ``tools/call``; cancelled, its question is withdrawn."""
        try:
            tool, arguments = _parts(request.get("params"))
            call = await self._looked_at(tool, arguments)
            clearance = await self._cleared(call, tool)
            cleared = await self._look_again(tool, call, clearance)
        except CallNotApproved as why:
            return tool_failure(request["id"], str(why))
        except errors.Refusal as why:
            said = f"{why.message} Nobody was asked. The call did not run."
            return tool_failure(request["id"], said)
        except (McpUnavailable, ToolChanged) as why:
            return tool_failure(request["id"], str(why))
        approved = {**request, "params": {**request["params"], "arguments": cleared}}
        answer = await self._run(approved, clearance)
        return _with_words(answer, before_the_result(clearance.outcome, call.tool))

    async def _looked_at(self, tool: str, arguments: dict[str, JsonValue]) -> ToolCall:
        """Return the call as it is asked about.

        Raises:
            ToolChanged, McpUnavailable
            InvalidJson, InvalidArguments: it cannot be asked about.
        """
        self.offered.see(await self.upstream.tools())
        fingerprint = self.offered.check(tool)
        shown = f"{self.name}_{tool}" if self.name else tool
        return ToolCall.of(shown, fingerprint, arguments)

    async def _cleared(self, call: ToolCall, tool: str) -> Clearance:
        proposal = Proposal(
            call=call,
            requester=Requester(agent=AGENT),
            schema=self.offered.schema(tool),
        )
        clearance = self.connection.admit(proposal)
        return clearance or await self.connection.ask(proposal)

    async def _look_again(
        self, tool: str, call: ToolCall, clearance: Clearance
    ) -> dict[str, JsonValue]:
        """Return the arguments that may run, if the tool still is what people were asked about.

        Raises:
            ToolChanged, McpUnavailable, ArgsMismatch: it did not run, which is recorded.
        """
        try:
            arguments = cleared_arguments(call, clearance)
            if clearance.request_id is None:
                return arguments  # allowed a moment ago
            self.offered.see(await self.upstream.tools())
            if self.offered.check(tool) != call.fingerprint:
                raise ToolChanged(f"The tool {tool} changed while it was asked about.")
        except (ToolChanged, McpUnavailable, errors.Refusal) as why:
            await self.connection.report(clearance, succeeded=False, result=str(why))
            raise
        return arguments

    async def _run(self, request: Message, clearance: Clearance) -> Message:
        """Send it, wait for its end, and report that."""
        named = request["id"]
        self._with_server.add(named)
        try:
            answer = await self.upstream.answer_to(request)
        except CallNotTaken as why:
            await self._report(clearance, str(why))
            return tool_failure(named, str(why))
        except McpEndUnknown as why:
            await self._report(clearance, str(why), is_unknown=True)
            return failure(named, types.CONNECTION_CLOSED, str(why))
        except BaseException:
            await self._report(clearance, _CANCELLED, was_cancelled=True)
            raise
        finally:
            self._with_server.discard(named)
        succeeded, text = _told(answer)
        await self._report(clearance, text, succeeded=succeeded)
        return answer

    async def _report(
        self, clearance: Clearance, result: str, *, succeeded: bool = False, **how: bool
    ) -> None:
        await self.connection.report(clearance, succeeded=succeeded, result=result, **how)


def _parts(params: Any) -> tuple[str, dict[str, JsonValue]]:
    """Return the tool's name and the arguments.

    Raises:
        InvalidArguments: something else stands there too, which nobody would be shown.
    """
    if not isinstance(params, dict) or not isinstance(params.get("name"), str):
        raise errors.InvalidArguments("A call names its tool.")
    if unknown := params.keys() - _KNOWN:
        raise errors.InvalidArguments(f"A call with {min(unknown)!r:.60} is not understood here.")
    arguments = params.get("arguments") or {}
    if not isinstance(arguments, dict):
        raise errors.InvalidArguments("The arguments of a tool are an object.")
    return params["name"], arguments


def _told(answer: Message) -> tuple[bool, str]:
    """Return whether the tool did what it should, and what it said."""
    if "error" in answer:
        return False, str(answer["error"].get("message"))[:RESULT_MAX_CHARS]
    try:
        result = types.CallToolResult.model_validate(answer["result"])
    except ValidationError:
        return True, "It answered with something that is no result of a tool."
    return not result.isError, result_text(result)[:RESULT_MAX_CHARS]


def _with_words(answer: Message, told: str | None) -> Message:
    """Put what people changed and wrote before a result; the result stays as it is."""
    result = answer.get("result")
    if told is None or not isinstance(result, dict) or not isinstance(result.get("content"), list):
        return answer
    words = {"type": "text", "text": told}
    return {**answer, "result": {**result, "content": [words, *result["content"]]}}
