"""A connection to one MCP server for as long as the process.

Opened when first needed, and again after the server died. Held by the agents of the file; closed by
`sayso serve` at the end. A call is sent a second time only when the first surely never reached the
server.
"""

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.mcp.upstream import CallNotTaken, McpCallFailed, McpServer

if TYPE_CHECKING:
    from mcp import types

    from bot.agents.mcp_session import McpSession


class McpConnection:
    """The one connection to a server."""

    def __init__(self, server: McpServer) -> None:
        """Open nothing yet: what nobody needs costs nothing."""
        self.server = server
        self._opening = asyncio.Lock()
        self._session: McpSession | None = None
        self._loaded: dict[str, types.Tool] = {}

    async def tools(self) -> "list[types.Tool]":
        """Return what the server offers now.

        Raises:
            McpUnavailable: it does not start.
        """
        session = await self._opened()
        self._loaded = dict(session.tools)
        return list(self._loaded.values())

    async def call(
        self, tool: str, arguments: dict[str, Any], *, within: timedelta
    ) -> "types.CallToolResult":
        """Call one tool; a server that has ended since is started again.

        Raises:
            McpUnavailable: it does not start, so the call did not run.
            McpCallFailed: the call ended without a result; it may have happened.
        """
        session = await self._opened()
        self._refuse_changed(session, tool)
        try:
            return await session.call(tool, arguments, within=within)
        except CallNotTaken:
            again = await self._opened(instead_of=session)
        self._refuse_changed(again, tool)
        return await again.call(tool, arguments, within=within)

    async def close(self) -> None:
        """End the session; the next use would open one again."""
        async with self._opening:
            session, self._session = self._session, None
            if session is not None:
                await session.end()

    async def _opened(self, *, instead_of: "McpSession | None" = None) -> "McpSession":
        """Return the open session; *instead_of* is one that is of no use any more."""
        async with self._opening:
            session = self._session
            if session is not None and session is not instead_of and not session.is_over:
                return session
            self._session = None
            if session is not None:
                await session.end()
            session_class = await asyncio.to_thread(_session_class)
            self._session = opened = await session_class.start(self.server)
            return opened

    def _refuse_changed(self, session: "McpSession", tool: str) -> None:
        """Refuse a tool that is no longer what its approvers are shown."""
        known, now = self._loaded.get(tool), session.tools.get(tool)
        if known is None or now is None or _face(known) != _face(now):
            raise McpCallFailed(
                f"The tool {tool} of the MCP server {self.server.name} is not the one that was "
                "loaded at the start. It did not run; restart Sayso to load it anew."
            )


def _face(tool: "types.Tool") -> tuple[str | None, dict[str, Any]]:
    return tool.description, tool.inputSchema


def _session_class() -> "type[McpSession]":
    from bot.agents.mcp_session import McpSession

    return McpSession
