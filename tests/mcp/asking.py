"""A client of `sayso mcp serve` on lines, in the test's own process."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from approvals.gate.gateway import Gateway
from bot.mcp.lines import LINE_MAX_BYTES, JsonLines
from bot.mcp.serving import serve_lines
from tests.mcp.scene import Client, text


@asynccontextmanager
async def serving(gateway: Gateway) -> AsyncIterator[Client]:
    ours, theirs = socket.socketpair()
    lines = JsonLines(*await asyncio.open_connection(sock=ours, limit=LINE_MAX_BYTES))
    client = Client(*await asyncio.open_connection(sock=theirs, limit=LINE_MAX_BYTES))
    living = asyncio.create_task(serve_lines(gateway, lines))
    try:
        await client.begin()
        yield client
    finally:
        client.writer.close()
        await asyncio.wait({living}, timeout=10)
        lines.close()


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """What a tool says, which stands in its text as well as in its structured content."""
    said: dict[str, Any] = json.loads(text(answer))
    assert said == answer["result"].get("structuredContent", said)
    return said
