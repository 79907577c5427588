"""A client, the gate, and an MCP server of the test's in one process: real messages between."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
from mcp import types
from mcp.server.lowlevel import Server
from mcp.shared.message import SessionMessage

from approvals.gate.gateway import Gateway
from bot.mcp.lines import LINE_MAX_BYTES, JsonLines
from bot.mcp.upstream import McpServer
from bot.mcp.wrap import wrapped

Body = Callable[[dict[str, Any]], Awaitable[list[types.ContentBlock] | types.CallToolResult]]
HERE = McpServer(name="tiny", command=("tiny-server",))
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "replicas": {"type": "integer"}},
}


def a_tool(name: str = "scale", description: str = "Scale a service.") -> types.Tool:
    return types.Tool(name=name, description=description, inputSchema=SCHEMA)


@dataclass
class Upstream:
    """The server: what it offers now, and what reached it."""

    tools: list[types.Tool] = field(default_factory=lambda: [a_tool()])
    ran: list[dict[str, Any]] = field(default_factory=list)
    body: Body | None = None
    server: Server[Any, Any] = field(default_factory=lambda: Server("tiny"))

    def __post_init__(self) -> None:
        async def list_tools(_: types.ListToolsRequest) -> types.ServerResult:
            return types.ServerResult(types.ListToolsResult(tools=self.tools))

        async def call_tool(request: types.CallToolRequest) -> types.ServerResult:
            arguments = request.params.arguments or {}
            self.ran.append(arguments)
            told: Any = [types.TextContent(type="text", text=f"{request.params.name} done")]
            if self.body is not None:
                told = await self.body(arguments)
            if isinstance(told, types.CallToolResult):
                return types.ServerResult(told)
            return types.ServerResult(types.CallToolResult(content=told))

        self.server.request_handlers[types.ListToolsRequest] = list_tools
        self.server.request_handlers[types.CallToolRequest] = call_tool


@dataclass
class Client:
    """Whoever started the wrapped server: reads and writes lines."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    asked: int = 0
    heard: list[dict[str, Any]] = field(default_factory=list)
    """What came that answers nothing."""

    def write(self, message: dict[str, Any] | bytes) -> None:
        line = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.writer.write(line + b"\n")

    async def read(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self.reader.readline())
        return message

    def ask(self, method: str, **params: Any) -> int:
        """Send a request and return its id."""
        self.asked += 1
        message = {"jsonrpc": "2.0", "id": self.asked, "method": method}
        self.write({**message, "params": params} if params else message)
        return self.asked

    async def answer(self, named: int) -> dict[str, Any]:
        """Return what answers request *named*."""
        while (message := await self.read()).get("id") != named:
            self.heard.append(message)
        return message

    async def begin(self) -> None:
        await self.answer(
            self.ask(
                "initialize",
                protocolVersion=types.LATEST_PROTOCOL_VERSION,
                capabilities={},
                clientInfo={"name": "test", "version": "1"},
            )
        )
        self.write({"jsonrpc": "2.0", "method": "notifications/initialized"})

    async def tools(self) -> list[dict[str, Any]]:
        answer = await self.answer(self.ask("tools/list"))
        tools: list[dict[str, Any]] = answer["result"]["tools"]
        return tools

    def calls(self, tool: str = "scale", /, **arguments: Any) -> int:
        return self.ask("tools/call", name=tool, arguments=arguments)

    async def call(self, tool: str = "scale", /, **arguments: Any) -> dict[str, Any]:
        return await self.answer(self.calls(tool, **arguments))


@dataclass
class Scene:
    client: Client
    upstream: Upstream
    living: asyncio.Task[None]
    """The session of `sayso mcp wrap`."""
    serving: asyncio.Task[None]
    """The upstream server."""
    wire: Any
    """What comes to the gate from there."""

    async def from_upstream(self, message: types.JSONRPCResponse) -> None:
        """Let the server send what no server should."""
        await self.wire.send(SessionMessage(types.JSONRPCMessage(message)))


def text(answer: dict[str, Any]) -> str:
    """The words of a tool's result."""
    return "\n".join(part["text"] for part in answer["result"]["content"])


@asynccontextmanager
async def wrapping(gateway: Gateway, upstream: Upstream | None = None) -> AsyncIterator[Scene]:
    """A client that is connected to *upstream* through the gate."""
    upstream = upstream or Upstream()
    to_server, at_server = anyio.create_memory_object_stream[SessionMessage | Exception](10)
    from_server, at_gate = anyio.create_memory_object_stream[SessionMessage](10)
    ours, theirs = socket.socketpair()
    lines = JsonLines(*await asyncio.open_connection(sock=ours, limit=LINE_MAX_BYTES))
    client = Client(*await asyncio.open_connection(sock=theirs, limit=LINE_MAX_BYTES))
    session = wrapped(lines, (at_gate, to_server), server=HERE, gateway=gateway, name="tiny")
    living = asyncio.create_task(session.run())

    async def serve() -> None:
        async with from_server, at_server:
            options = upstream.server.create_initialization_options()
            await upstream.server.run(at_server, from_server, options)

    serving = asyncio.create_task(serve())
    try:
        await client.begin()
        yield Scene(
            client=client, upstream=upstream, living=living, serving=serving, wire=from_server
        )
    finally:
        client.writer.close()
        await asyncio.wait({living}, timeout=10)
        to_server.close()
        at_gate.close()
        await asyncio.wait({serving}, timeout=10)
        lines.close()
