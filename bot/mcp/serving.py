"""The doors of the MCP server that asks: standard input and output, or streamable HTTP.

Called by `sayso mcp serve`. Both end with the client or with a signal; what is open is withdrawn
then. Imports `mcp`, and for HTTP `uvicorn`.
"""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable
from ipaddress import ip_address

import anyio
import uvicorn
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.message import SessionMessage

from approvals.gate.gateway import Gateway
from bot.mcp.asking_server import AskingServer
from bot.mcp.http_guard import PATH, HttpGuard
from bot.mcp.lines import JsonLines
from bot.mcp.messages import NotUnderstood, failure, plain, read_message, session_message


class NotProtected(Exception):
    """It would listen to other machines without a token. Set SAYSO_MCP_TOKEN to a long secret."""

    def __str__(self) -> str:
        return " ".join((NotProtected.__doc__ or "").split())


async def serve_lines(gateway: Gateway, client: JsonLines) -> None:
    """Serve one client on lines until it leaves.

    Raises:
        LineTooLong
    """
    asking = AskingServer(gateway)
    server = asking.server()
    to_server, came = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    out, from_server = anyio.create_memory_object_stream[SessionMessage](0)

    async def write() -> None:
        async with from_server:
            async for message in from_server:
                await client.write(plain(message))

    writing = asyncio.create_task(write())
    serving = asyncio.create_task(
        server.run(came, out, server.create_initialization_options(), raise_exceptions=False)
    )
    try:
        while (line := await client.read()) is not None:
            try:
                await to_server.send(session_message(read_message(line)))
            except NotUnderstood as why:
                await client.write(failure(why.id, why.code, str(why)))
    finally:
        to_server.close()
        await asking.requests.close()
        for task in (serving, writing):
            task.cancel()
        await asyncio.wait({serving, writing}, timeout=5)


async def serve_http(
    gateway: Gateway, *, host: str, port: int, token: str, announce: Callable[[str], None]
) -> None:
    """Serve over HTTP until a signal comes.

    Args:
        gateway: where it asks.
        host: the address to listen on; only this machine's own without a token.
        port: 0 takes a free one.
        token: what clients have to come with; "" for none.
        announce: gets the address once it answers there.

    Raises:
        NotProtected
        OSError: the port cannot be had.
    """
    if not (token or ip_address(host).is_loopback):
        raise NotProtected
    asking = AskingServer(gateway)
    listening = socket.create_server((host, port), family=_family(host))
    port = listening.getsockname()[1]
    # Host, origin and body are the guard's; the SDK's own checks know no token and no 415.
    sessions = StreamableHTTPSessionManager(asking.server())
    guard = guarded(sessions, host=host, port=port, token=token)
    config = uvicorn.Config(
        guard,
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=5,
        proxy_headers=False,
        server_header=False,
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _heard)  # uvicorn ends by them, and raises them once more then
    logging.getLogger("mcp").setLevel(logging.CRITICAL)  # it logs each client that leaves
    try:
        async with sessions.run():
            announce(f"http://{_shown(host)}:{port}{PATH}")
            await uvicorn.Server(config).serve(sockets=[listening])
    finally:
        await asking.requests.close()


def guarded(
    sessions: StreamableHTTPSessionManager, *, host: str, port: int, token: str
) -> HttpGuard:
    """Return *sessions* behind what they may be reached by: this machine's names for itself."""
    is_public = not ip_address(host).is_loopback
    names = () if is_public else (_shown(host), "localhost", "127.0.0.1")
    hosts = frozenset(f"{name}:{port}" for name in names)
    return HttpGuard(app=sessions.handle_request, hosts=hosts, token=token)


def _heard(_number: int, _frame: object) -> None:
    """Do nothing more about a signal that has ended the server."""


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
