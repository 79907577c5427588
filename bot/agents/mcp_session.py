"""One session with an MCP server, from its start to its end, in a task of its own.

The libraries' scopes have to be left by the task that entered them, so the session lives in one
task and calls come from others. Imports `mcp`, which takes time: `mcp_connection` imports this in a
thread. Every wait here ends: with the deadline given, or with the server.
"""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, Self, TypeVar

import anyio
from mcp import ClientSession, McpError, types

from bot.mcp.failures import never_arrived, why
from bot.mcp.stderr import LastWords
from bot.mcp.streams import open_streams
from bot.mcp.upstream import (
    CallNotTaken,
    McpCallFailed,
    McpEndUnknown,
    McpServer,
    McpUnavailable,
)

_log = logging.getLogger("sayso.mcp")
_ENDS_WITHIN_S = 5.0
_PAGES_MAX = 100
_SESSION_UNKNOWN = "Session terminated"
_NOT_SENT = (anyio.ClosedResourceError, anyio.BrokenResourceError)
_Answer = TypeVar("_Answer")


class McpSession:
    """A session that is open, or is over."""

    def __init__(self, server: McpServer) -> None:
        """Begin to open it; `start` waits until it is."""
        self._server = server
        self._words: LastWords | None = None
        self._leave = asyncio.Event()
        self._ready: asyncio.Future[ClientSession] = asyncio.get_running_loop().create_future()
        self._living = asyncio.create_task(self._live(), name=f"mcp {server.name}")
        self._living.add_done_callback(self._note_end)
        self.tools: Mapping[str, types.Tool] = {}
        """What the server offers, as it said when it started."""

    @classmethod
    async def start(cls, server: McpServer) -> Self:
        """Return a session whose server has told its tools.

        Raises:
            McpUnavailable: it did not start in time, or not at all.
        """
        session = cls(server)
        what = f"The MCP server {server.name} ({server.place}) does not start"
        try:
            async with asyncio.timeout(server.timeout.total_seconds()):
                session.tools = await session._unless_over(session._open_and_list(), what)
        except BaseException as error:
            await session.end()
            match error:
                case TimeoutError():
                    within = f"within {server.timeout.total_seconds():g} s"
                    said = f"{what}: it was not ready {within}.{session._last_words()}"
                    raise McpUnavailable(said) from None
                case McpError() | ValueError():
                    said = f"{what}: {why(error, server)}.{session._last_words()}"
                    raise McpUnavailable(said) from error
            raise
        return session

    @property
    def is_over(self) -> bool:
        """Whether the server, or the connection to it, has ended."""
        return self._leave.is_set() or self._living.done()

    async def call(
        self, tool: str, arguments: dict[str, Any], *, within: timedelta
    ) -> types.CallToolResult:
        """Call one tool.

        Raises:
            CallNotTaken: the server never got it.
            McpEndUnknown: it ended without a result; it may have happened.
            McpCallFailed: the server refused it.
        """
        params = types.CallToolRequestParams(name=tool, arguments=arguments)
        request = types.ClientRequest(types.CallToolRequest(params=params))
        # Not `call_tool`: it drops the result of a call that ran if its form is not as promised.
        sending = self._ready.result().send_request(request, types.CallToolResult)
        name = self._server.name
        try:
            async with asyncio.timeout(within.total_seconds()):
                return await self._unless_over(sending, f"The MCP server {name} ended")
        except TimeoutError:
            raise McpEndUnknown(
                f"The MCP server {name} gave no result within {within.total_seconds():g} s. How "
                "much of it happened is not known."
            ) from None
        except _NOT_SENT:
            raise CallNotTaken(f"The MCP server {name} has ended.{self._last_words()}") from None
        except McpError as error:
            raise await self._told(error) from None
        except McpUnavailable as ended:
            raise _ended(ended) from ended.__cause__
        except ValueError as error:
            raise McpEndUnknown(
                f"The MCP server {name} answered with something that is no result of a tool. The "
                "call may have happened."
            ) from error

    async def end(self) -> None:
        """End the session, and the server's program if we started it."""
        self._leave.set()
        if self._ready.done():
            await asyncio.wait({self._living}, timeout=_ENDS_WITHIN_S)
        self._living.cancel()
        await asyncio.wait({self._living}, timeout=_ENDS_WITHIN_S)
        self._ready.cancel()

    async def _live(self) -> None:
        async with AsyncExitStack() as stack:
            streams = open_streams(self._server, self._hear)
            read, write = await stack.enter_async_context(streams)
            session = await stack.enter_async_context(ClientSession(read, write))
            await session.initialize()
            self._ready.set_result(session)
            await self._leave.wait()

    def _hear(self, words: LastWords) -> None:
        self._words = words

    def _note_end(self, living: asyncio.Task[None]) -> None:
        if not living.cancelled() and (error := living.exception()) is not None:
            _log.info("The MCP server %s: %s", self._server.name, why(error, self._server))

    async def _open_and_list(self) -> dict[str, types.Tool]:
        session = await asyncio.shield(self._ready)
        tools: dict[str, types.Tool] = {}
        cursor: str | None = None
        for _ in range(_PAGES_MAX):
            page = await session.list_tools(params=types.PaginatedRequestParams(cursor=cursor))
            tools |= {tool.name: tool for tool in page.tools}
            cursor = page.nextCursor
            if not cursor:
                break
        return tools

    async def _unless_over(self, asking: Coroutine[Any, Any, _Answer], what: str) -> _Answer:
        """Await an answer, but not of a server that has ended.

        Raises:
            McpUnavailable: it has.
        """
        answer = asyncio.ensure_future(asking)
        try:
            both: list[asyncio.Future[Any]] = [answer, self._living]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return answer.result()
            error = None if self._living.cancelled() else self._living.exception()
            said = f"{what}: {why(error, self._server)}.{self._last_words()}"
            raise McpUnavailable(said) from error
        finally:
            answer.cancel()
            await asyncio.gather(answer, return_exceptions=True)

    async def _told(self, error: McpError) -> Exception:
        name, said = self._server.name, error.error
        if said.message == _SESSION_UNKNOWN:
            self._leave.set()
            return CallNotTaken(f"The MCP server {name} no longer knows this session.")
        if said.code != types.CONNECTION_CLOSED:
            return McpCallFailed(f"The MCP server {name} refused the call: {said.message}")
        await self.end()
        cause = None if self._living.cancelled() else self._living.exception()
        if never_arrived(cause):
            return CallNotTaken(f"The MCP server {name}: {why(cause, self._server)}.")
        return McpEndUnknown(
            f"The MCP server {name} ended in the middle of the call. How much of it happened is "
            f"not known.{self._last_words()}"
        )

    def _last_words(self) -> str:
        line = self._words.line if self._words else ""
        return f" Its last words: {line}" if line else ""


def _ended(ended: McpUnavailable) -> Exception:
    if never_arrived(ended.__cause__):
        return CallNotTaken(str(ended))
    return McpEndUnknown(f"{ended} How much of the call happened is not known.")
