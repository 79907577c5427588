"""The MCP server that asks people: `sayso mcp serve`. It can ask, and nothing else.

No tool of it decides, changes a rule or lifts a freeze (case X4): an agent has no say in its own
approval. `permission_prompt` is for Claude Code's --permission-prompt-tool. Imports `mcp`.
"""

import hashlib
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from mcp import types
from mcp.server.lowlevel import Server

from approvals.domain import errors, strict_json
from approvals.domain.approval_request import Requester
from approvals.domain.tool_call import ToolCall
from approvals.gate.gateway import Gateway, Proposal
from approvals.gate.permission import Permission, permission, refusal
from bot.claude_code.asked import HANDED_OVER, asked_tool, schema_of_values
from bot.mcp.requests import WAIT_MAX_S, Requests

_log = logging.getLogger("sayso.mcp")
_REASON_MAX_CHARS = 3_000
_TEXT: dict[str, Any] = {"type": "string"}
_OBJECT: dict[str, Any] = {"type": "object"}
Answer = Callable[[dict[str, Any]], Awaitable[types.CallToolResult]]


def _tool(name: str, description: str, needed: list[str], **properties: Any) -> types.Tool:
    schema = {
        "type": "object",
        "properties": properties,
        "required": needed,
        "additionalProperties": False,
    }
    return types.Tool(name=name, description=description, inputSchema=schema)


REQUEST = _tool(
    "request_approval",
    "Ask people whether a tool call may run. Returns at once, with a request to wait for. Run the "
    "call only once wait_for_approval says approved, and only with the arguments it returns.",
    ["tool", "arguments"],
    tool={**_TEXT, "description": "The name of the tool that would run."},
    arguments={**_OBJECT, "description": "Exactly the arguments it would run with."},
    reason={**_TEXT, "description": "What it is for, in a sentence; people read it."},
)
WAIT = _tool(
    "wait_for_approval",
    f"Wait until a request is decided, at most {WAIT_MAX_S:g} seconds; call it again while it says "
    "pending. Says approved, with the arguments that may run, or not_approved, and why.",
    ["request"],
    request={**_TEXT, "description": "As request_approval returned it."},
    wait_s={"type": "number", "minimum": 0, "maximum": WAIT_MAX_S},
)
LIST = _tool("list_my_requests", "Tell every request made here, and how it stands.", [])
PROMPT = types.Tool(
    name="permission_prompt",
    description="For Claude Code's --permission-prompt-tool: asks people whether a tool may run.",
    inputSchema={
        "type": "object",
        "properties": {"tool_name": _TEXT, "input": _OBJECT, "tool_use_id": _TEXT},
        "required": ["tool_name", "input"],
    },
)


class AskingServer:
    """The server's four tools, over one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        """Ask at *gateway*, whose key says for which agent."""
        self._gateway = gateway
        self.requests = Requests(gateway)
        self._answers: dict[str, Answer] = {
            REQUEST.name: self._request,
            WAIT.name: self._wait,
            LIST.name: self._list,
            PROMPT.name: self._prompt,
        }

    def server(self) -> "Server[object]":
        """Return it as the SDK runs it."""
        server: Server[object] = Server("sayso", instructions=_INSTRUCTIONS)
        server.request_handlers[types.ListToolsRequest] = self._tools
        server.request_handlers[types.CallToolRequest] = self._call
        return server

    async def _tools(self, _: types.ListToolsRequest) -> types.ServerResult:
        tools = [REQUEST, WAIT, LIST, PROMPT]
        return types.ServerResult(types.ListToolsResult(tools=tools))

    async def _call(self, request: types.CallToolRequest) -> types.ServerResult:
        name, arguments = request.params.name, request.params.arguments or {}
        answer = self._answers.get(name)
        if answer is None:
            return types.ServerResult(_failed(f"There is no tool {name!r:.100} here."))
        try:
            strict_json.check(arguments)
            return types.ServerResult(await answer(arguments))
        except errors.Refusal as why:
            said = why.message
        except Exception:
            _log.exception("the tool %s failed", name)
            said = "Sayso failed. Nothing may run."
        if name == PROMPT.name:
            return types.ServerResult(_prompted(refusal(said)))
        return types.ServerResult(_failed(said))

    async def _request(self, given: dict[str, Any]) -> types.CallToolResult:
        _refuse_unknown(given, REQUEST)
        tool, arguments, reason = given.get("tool"), given.get("arguments"), given.get("reason")
        if not isinstance(tool, str) or not isinstance(arguments, dict):
            raise errors.InvalidArguments("`tool` is a text, and `arguments` is an object.")
        if reason is not None and not (isinstance(reason, str) and reason):
            raise errors.InvalidArguments("`reason` is a text.")
        origin = hashlib.sha256(strict_json.write({"origin": "mcp", "tool": tool}).encode())
        proposal = Proposal(
            call=ToolCall.of(tool, origin.hexdigest(), arguments),
            requester=Requester(agent="mcp"),
            reason=reason[:_REASON_MAX_CHARS] if reason else None,
            schema=schema_of_values(arguments),
        )
        return _told((await self.requests.begin(proposal)).told())

    async def _wait(self, given: dict[str, Any]) -> types.CallToolResult:
        _refuse_unknown(given, WAIT)
        name, wait_s = given.get("request"), given.get("wait_s", WAIT_MAX_S)
        if not isinstance(name, str) or not isinstance(wait_s, int | float):
            raise errors.InvalidArguments("`request` is a text, and `wait_s` a number.")
        return _told((await self.requests.wait(name, float(wait_s))).told())

    async def _list(self, given: dict[str, Any]) -> types.CallToolResult:
        _refuse_unknown(given, LIST)
        return _told({"requests": [each.told() for each in self.requests.all()]})

    async def _prompt(self, given: dict[str, Any]) -> types.CallToolResult:
        asked = asked_tool(given, arguments="input")
        proposal = asked.proposal()
        return _prompted(await permission(self._gateway, proposal, handed_over=HANDED_OVER))


_INSTRUCTIONS = (
    "Asks people in Slack before something risky is done. Nothing here approves: a request that is "
    "not approved may not be carried out in any other way either."
)


def _refuse_unknown(given: dict[str, Any], tool: types.Tool) -> None:
    """Refuse arguments the tool does not have: a slip is never silence."""
    if unknown := given.keys() - tool.inputSchema["properties"].keys():
        raise errors.InvalidArguments(f"{tool.name} knows no {min(unknown)!r:.60}.")


def _told(said: dict[str, Any]) -> types.CallToolResult:
    text = types.TextContent(type="text", text=json.dumps(said, ensure_ascii=False))
    return types.CallToolResult(content=[text], structuredContent=said)


def _failed(said: str) -> types.CallToolResult:
    text = types.TextContent(type="text", text=said)
    return types.CallToolResult(content=[text], isError=True)


def _prompted(given: Permission) -> types.CallToolResult:
    """Return the one text block that Claude Code reads."""
    said: dict[str, Any] = {"behavior": "deny", "message": given.said}
    if given.arguments is not None:
        said = {"behavior": "allow", "updatedInput": given.arguments}
    return types.CallToolResult(content=[types.TextContent(type="text", text=json.dumps(said))])
