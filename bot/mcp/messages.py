"""JSON-RPC messages as MCP uses them: read strictly from a client, built anew for a server.

A message goes on as what was understood of it, never as the bytes it came in: two readers then
cannot understand it differently (case A12). Imports `mcp`.
"""

import json
from typing import Any, TypeAlias

from mcp import types
from mcp.shared.message import SessionMessage

Message: TypeAlias = dict[str, Any]
MessageId: TypeAlias = str | int
CALL, LIST, CANCELLED = "tools/call", "tools/list", "notifications/cancelled"
_KEYS = frozenset({"method", "result", "error"})


class NotUnderstood(Exception):
    """What a client wrote is no message; the text says why."""

    def __init__(self, why: str, *, code: int, id: MessageId | None = None) -> None:  # noqa: A002
        super().__init__(why)
        self.code = code
        self.id = id


def read_message(line: bytes) -> Message:
    """Return the one message on *line*.

    Raises:
        NotUnderstood: it is not JSON, or no single message.
    """
    try:
        message = json.loads(line.decode("utf-8"), object_pairs_hook=_unique)
    except RecursionError:
        raise NotUnderstood("It is nested too deeply.", code=types.PARSE_ERROR) from None
    except ValueError as why:  # UnicodeDecodeError and JSONDecodeError are such
        raise NotUnderstood(f"Not JSON: {why}.", code=types.PARSE_ERROR) from None
    if not isinstance(message, dict) or len(message.keys() & _KEYS) != 1:
        raise NotUnderstood("No single JSON-RPC message.", code=types.INVALID_REQUEST)
    given = message.get("id")
    if ("id" in message or "method" not in message) and not is_id(given):
        raise NotUnderstood("`id` is neither text nor number.", code=types.INVALID_REQUEST)
    return message


def is_id(given: object) -> bool:
    """Whether *given* can name a request."""
    return isinstance(given, str | int) and not isinstance(given, bool)


def session_message(message: Message) -> SessionMessage:
    """Return *message* as the wires take it, without whatever stands in no message.

    Raises:
        NotUnderstood: a part of it has no form a message may have.
    """
    kind: type[
        types.JSONRPCRequest
        | types.JSONRPCNotification
        | types.JSONRPCResponse
        | types.JSONRPCError
    ]
    if "method" in message:
        kind = types.JSONRPCRequest if "id" in message else types.JSONRPCNotification
    else:
        kind = types.JSONRPCResponse if "result" in message else types.JSONRPCError
    known = {name: value for name, value in message.items() if name in kind.model_fields}
    try:
        return SessionMessage(
            types.JSONRPCMessage(kind.model_validate({**known, "jsonrpc": "2.0"}))
        )
    except ValueError:
        said = "A part of the message has the wrong form."
        raise NotUnderstood(said, code=types.INVALID_REQUEST, id=message.get("id")) from None


def plain(message: SessionMessage) -> Message:
    """Return what came over a wire as what is written to a client."""
    dumped: Message = message.message.root.model_dump(by_alias=True, exclude_none=True)
    return dumped


def failure(id: MessageId | None, code: int, text: str) -> Message:  # noqa: A002
    """Return the error that answers request *id*."""
    return {"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": text}}


def tool_failure(id: MessageId, text: str) -> Message:  # noqa: A002
    """Return the result of a tool that says why it did not run: the model reads it."""
    content = [{"type": "text", "text": text}]
    return {"jsonrpc": "2.0", "id": id, "result": {"content": content, "isError": True}}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return mapping
