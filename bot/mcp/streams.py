"""The wires to an MCP server: a program's stdin and stdout, or streamable HTTP.

Used from the task that owns the connection. Imports `mcp`.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
from mcp import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from bot.mcp.stderr import LastWords, last_words
from bot.mcp.upstream import McpServer

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
Streams = tuple[Any, Any]
"""What comes from the server, and what goes to it."""


@asynccontextmanager
async def open_streams(
    server: McpServer, heard: Callable[[LastWords], None]
) -> AsyncIterator[Streams]:
    """Connect to *server*, starting it if it is a program; *heard* gets its standard error.

    The program gets PATH, HOME and the like, and what the file gives it: none of our own secrets.
    """
    if not server.command:
        async with (
            _http_client(server) as client,
            streamable_http_client(server.url, http_client=client) as (read, write, _),
        ):
            yield read, write
        return
    program = StdioServerParameters(
        command=server.command[0],
        args=list(server.command[1:]),
        env={name: value.get_secret_value() for name, value in server.env.items()},
    )
    async with last_words(server.name) as (words, file):
        heard(words)
        async with stdio_client(program, errlog=file) as streams:
            file.close()
            yield streams


def _http_client(server: McpServer) -> httpx.AsyncClient:
    # A server on this machine is reached directly: a proxy set for the network cannot see it.
    local = urlsplit(server.url).hostname in _LOOPBACK
    return httpx.AsyncClient(
        headers={name: value.get_secret_value() for name, value in server.headers.items()},
        timeout=httpx.Timeout(server.timeout.total_seconds(), read=None),
        trust_env=not local,
    )
