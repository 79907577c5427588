"""What the failures of an MCP session mean to people, and whether a call can have happened.

Used by whoever holds the session. Addresses and headers are never repeated: they may hold secrets.
Imports `mcp`.
"""

import anyio
import httpx
from mcp import McpError, types

from bot.mcp.upstream import McpServer

_REFUSED_STATUS = frozenset({400, 401, 403, 404, 405})


def leaf(error: BaseException | None) -> BaseException | None:
    """Return the first error within groups of them."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def never_arrived(error: BaseException | None) -> bool:
    """Whether an error shows that what was sent was not taken by the server."""
    match leaf(error):
        case httpx.ConnectError() | httpx.ConnectTimeout():
            return True
        case httpx.HTTPStatusError() as refused:
            return refused.response.status_code in _REFUSED_STATUS
    return False


def why(error: BaseException | None, server: McpServer) -> str:
    """Return what ended a session with *server*, as the middle of a sentence."""
    match leaf(error):
        case None:
            said = "it ended"
        case FileNotFoundError():
            said = f"there is no program {server.place!r} – install it, or correct the command"
        case PermissionError():
            said = f"{server.place!r} may not be run – check its permissions"
        case httpx.ConnectError() | httpx.ConnectTimeout():
            said = f"nothing answers at {server.place}"
        case httpx.HTTPStatusError() as refused:
            status = refused.response.status_code
            hint = " – check its headers" if status in {401, 403} else ""
            said = f"{server.place} answered {status}{hint}"
        case McpError() as told if told.error.code == types.CONNECTION_CLOSED:
            said = "it ended before it was ready"
        case anyio.BrokenResourceError() | anyio.ClosedResourceError():
            said = "it ended before it was ready"  # seen when it was written to, not read from
        case McpError() as told:
            said = f"it refused ({told.error.message})"
        case other:
            said = f"the connection broke ({type(other).__name__})"
    return said
