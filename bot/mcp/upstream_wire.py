"""The wire to a wrapped server: its messages as they come, and answers to what we ask ourselves.

Used by `wrapping`. Answers find who waits for them by the id; what nobody here waits for belongs to
the client. Imports `mcp`.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import anyio
from mcp.shared.message import SessionMessage

from bot.mcp.messages import LIST, Message, MessageId, plain, session_message
from bot.mcp.streams import Streams
from bot.mcp.upstream import CallNotTaken, McpEndUnknown, McpUnavailable

_PAGES_MAX = 100
_OVER = "The MCP server has ended. The call did not run."
_ENDED = "The MCP server ended in the middle of the call. How much of it happened is not known."
_GONE = (anyio.ClosedResourceError, anyio.BrokenResourceError)


class UpstreamWire:
    """One open connection to a server."""

    def __init__(self, streams: Streams, *, lists_within: timedelta) -> None:
        """*lists_within* is how long the server may take to say what it offers."""
        self._read, self._write = streams
        self._lists_within_s = lists_within.total_seconds()
        self._waiting: dict[MessageId, asyncio.Future[Message]] = {}
        self._ours = secrets.token_hex(8)  # no client can name its own request so
        self._asked = 0
        self._has_ended = False

    async def send(self, message: Message) -> None:
        """Hand *message* on.

        Raises:
            CallNotTaken: the server has ended.
            NotUnderstood: it has no form a message may have.
        """
        try:
            if self._has_ended:
                raise CallNotTaken(_OVER)
            await self._write.send(session_message(message))
        except _GONE:
            raise CallNotTaken(_OVER) from None

    async def answer_to(self, request: Message) -> Message:
        """Send a request and return the message that answers it.

        Raises:
            CallNotTaken: the server never got it.
            McpEndUnknown: it ended before it answered.
        """
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[request["id"]] = answer
        try:
            await self.send(request)
            return await answer
        finally:
            self._waiting.pop(request["id"], None)

    async def tools(self) -> list[dict[str, Any]]:
        """Return what the server offers now.

        Raises:
            McpUnavailable: it does not say.
        """
        tools: list[dict[str, Any]] = []
        cursor: str | None = None
        try:
            async with asyncio.timeout(self._lists_within_s):
                for _ in range(_PAGES_MAX):
                    result = await self._page(cursor)
                    tools += result["tools"]
                    cursor = result.get("nextCursor")
                    if not cursor:
                        return tools
        except (TimeoutError, McpEndUnknown, KeyError, TypeError) as why:
            said = f"The MCP server does not say which tools it has ({type(why).__name__})."
            raise McpUnavailable(f"{said} The call did not run.") from None
        raise McpUnavailable("The MCP server lists tools without end. The call did not run.")

    async def _page(self, cursor: str | None) -> dict[str, Any]:
        self._asked += 1
        params = {"cursor": cursor} if cursor else {}
        answer = await self.answer_to(
            {"id": f"sayso-{self._ours}-{self._asked}", "method": LIST, "params": params}
        )
        result: dict[str, Any] = answer["result"]
        return result

    async def messages(self) -> AsyncIterator[Message]:
        """Yield what the client is to get, until the server ends."""
        try:
            async for came in self._read:
                if not isinstance(came, SessionMessage):
                    continue  # a line that is no message; the wire has logged it
                message = plain(came)
                answer = None if "method" in message else self._waiting.get(message.get("id", 0))
                if answer is None:
                    yield message
                elif not answer.done():
                    answer.set_result(message)
        except _GONE:
            pass
        finally:
            self._has_ended = True
            for each in self._waiting.values():
                if not each.done():
                    each.set_exception(McpEndUnknown(_ENDED))
