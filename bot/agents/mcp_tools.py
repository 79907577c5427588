"""The tools of MCP servers as LangChain tools, named `server_tool`, with results as text.

Called when an agent of the file is first built; the gate is put in front afterwards. What a server
says of its own tools (`readOnlyHint` and the like) is not believed: only the file declares effects.
Imports LangChain inside functions.
"""

import asyncio
import re
from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from approvals.gate.exceptions import EndUnknown
from bot.agents.errors import ToolsNotLoaded
from bot.agents.mcp_connection import McpConnection
from bot.mcp.results import result_text
from bot.mcp.upstream import McpCallFailed, McpEndUnknown, McpUnavailable

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool
    from mcp import types

_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_UNCALLABLE = re.compile(r"[^A-Za-z0-9_-]")


async def mcp_tools(
    connections: Sequence[McpConnection], *, call_timeout: timedelta
) -> "list[BaseTool]":
    """Return the tools of all servers, which are started side by side.

    Args:
        connections: Those of one agent.
        call_timeout: How long one call may take.

    Raises:
        ToolsNotLoaded: a server does not start, or a tool has a name no model can call.
    """
    offered = await asyncio.gather(*map(_offered, connections))
    if not connections:
        return []
    await asyncio.to_thread(_import_adapters)
    return [
        _langchain_tool(connection, tool, call_timeout)
        for connection, tools in zip(connections, offered, strict=True)
        for tool in tools
    ]


async def _offered(connection: McpConnection) -> "list[types.Tool]":
    try:
        tools = await connection.tools()
    except McpUnavailable as why:
        raise ToolsNotLoaded(str(why)) from why
    if not tools:
        raise ToolsNotLoaded(f"The MCP server {connection.server.name} offers no tools.")
    return tools


@cache
def _unknown() -> type[Exception]:
    """Return the exception that is a sentence to a model, and to the gate an unknown end."""
    from langchain_core.tools import ToolException

    class ToolEndUnknown(ToolException, EndUnknown):
        pass

    return ToolEndUnknown


def _langchain_tool(
    connection: McpConnection, tool: "types.Tool", call_timeout: timedelta
) -> "BaseTool":
    from langchain_core.tools import StructuredTool, ToolException
    from langchain_mcp_adapters.tools import convert_mcp_tool_to_langchain_tool

    server = connection.server
    name = _UNCALLABLE.sub("_", f"{server.name}_{tool.name}")
    if not _TOOL_NAME.fullmatch(name):
        raise ToolsNotLoaded(
            f"The tool {tool.name} of the MCP server {server.name} would be called {name}, which "
            "is longer than the 64 characters models take. Give the server a shorter name."
        )

    async def call(**arguments: Any) -> str:
        try:
            result = await connection.call(tool.name, arguments, within=call_timeout)
        except McpUnavailable as why:
            raise ToolException(f"{why} The call did not run.") from why
        except McpEndUnknown as why:
            raise _unknown()(str(why)) from why
        except McpCallFailed as why:
            raise ToolException(str(why)) from why
        text = result_text(result)
        if result.isError:
            raise ToolException(f"The MCP server {server.name} says that it failed: {text}")
        return text

    # Given a connection only because the adapter asks for one: calls go through `call`.
    unused: Any = {"transport": "streamable_http", "url": server.url}
    adapted = convert_mcp_tool_to_langchain_tool(None, tool, connection=unused)
    assert isinstance(adapted, StructuredTool)
    return adapted.model_copy(
        update={
            "name": name,
            "description": tool.description or f"{tool.name} of {server.name}",
            "coroutine": call,
            "response_format": "content",
            "handle_tool_error": True,
            "metadata": {"mcp_server": server.name},
        }
    )


def _import_adapters() -> None:
    import langchain_mcp_adapters.tools  # noqa: F401
