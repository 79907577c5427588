"""Opens the two ends of `sayso mcp wrap` and holds them until one is gone. Imports `mcp`."""

import asyncio

from approvals.gate.connection import Connection
from approvals.gate.gateway import Gateway
from bot.mcp.failures import leaf, why
from bot.mcp.gated_call import GatedCall
from bot.mcp.lines import JsonLines, LineTooLong
from bot.mcp.offered import Offered
from bot.mcp.streams import Streams, open_streams
from bot.mcp.upstream import McpServer, McpUnavailable
from bot.mcp.upstream_wire import UpstreamWire
from bot.mcp.wrapping import Wrapped


async def wrap(server: McpServer, gateway: Gateway, *, name: str = "") -> None:
    """Be *server* to the client of this process, its tools asked about at *gateway*.

    Raises:
        McpUnavailable: the server could not be started or reached, or ended before the client.
        LineTooLong: the client cannot be understood any more.
        OSError, ValueError: this process has no client.
    """
    client = await JsonLines.here()
    try:
        async with open_streams(server, lambda _: None) as streams:
            await wrapped(client, streams, server=server, gateway=gateway, name=name).run()
    except* (McpUnavailable, LineTooLong) as ended:
        raise leaf(ended) or ended from None
    except* Exception as broke:
        raise McpUnavailable(
            f"The MCP server {server.name} ({server.place}): {why(broke, server)}."
        ) from broke


def wrapped(
    client: JsonLines, streams: Streams, *, server: McpServer, gateway: Gateway, name: str
) -> Wrapped:
    """Return the session between *client* and what is at the other end of *streams*."""
    upstream = UpstreamWire(streams, lists_within=server.timeout)
    return Wrapped(
        client=client,
        upstream=upstream,
        gated=GatedCall(
            connection=Connection(gateway, asyncio.get_running_loop()),
            upstream=upstream,
            offered=Offered(origin=_origin(server)),
            name=name,
        ),
    )


def _origin(server: McpServer) -> str:
    """Say which server it is: the whole command, or the address."""
    return " ".join(server.command) or server.url
