"""The MCP server over HTTP: for clients of this machine, or with a token, and never for a page."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from mcp import types
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from approvals.gate.scripted import Scripted
from approvals.gate.testing import approved
from bot.mcp.asking_server import AskingServer
from bot.mcp.http_guard import BODY_MAX_BYTES
from bot.mcp.serving import NotProtected, guarded, serve_http

PORT = 8765
HERE = f"http://127.0.0.1:{PORT}"
BEGIN = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": types.LATEST_PROTOCOL_VERSION,
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
ACCEPTS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


@asynccontextmanager
async def at(
    *, host: str = "127.0.0.1", token: str = "", base: str = HERE
) -> AsyncIterator[httpx.AsyncClient]:
    asking = AskingServer(Scripted(approved()))
    sessions = StreamableHTTPSessionManager(asking.server())
    app = guarded(sessions, host=host, port=PORT, token=token)
    transport = httpx.ASGITransport(app)
    async with (
        sessions.run(),
        httpx.AsyncClient(transport=transport, base_url=base, headers=ACCEPTS) as client,
    ):
        yield client
        await asking.requests.close()


async def begins(client: httpx.AsyncClient, **headers: str) -> httpx.Response:
    return await client.post("/mcp", json=BEGIN, headers=headers)


def answer(response: httpx.Response) -> dict[str, Any]:
    lines = response.text.splitlines()
    [line] = [each for each in lines if each.startswith("data: {")]
    said: dict[str, Any] = json.loads(line.removeprefix("data: "))
    return said


async def test_a_client_of_this_machine_asks_over_http() -> None:
    async with at() as client:
        session = (await begins(client)).headers["mcp-session-id"]
        params = {"name": "permission_prompt", "arguments": {"tool_name": "Bash", "input": {}}}
        call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params}
        response = await client.post("/mcp", json=call, headers={"mcp-session-id": session})

    assert json.loads(answer(response)["result"]["content"][0]["text"])["behavior"] == "allow"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": f"evil.example:{PORT}"}, 421),
        ({"Host": "127.0.0.1"}, 421),
        ({"Host": ""}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "multipart/form-data"}, 415),
    ],
)
async def test_g5_a_page_in_a_browser_of_this_machine_cannot_ask(
    headers: dict[str, str], status: int
) -> None:
    async with at() as client:
        refused = await begins(client, **headers)
        assert (await begins(client, Origin=HERE)).status_code == 200

    assert refused.status_code == status
    assert "access-control-allow-origin" not in refused.headers


async def test_g6_other_machines_are_served_only_with_a_token() -> None:
    with pytest.raises(NotProtected):
        await serve_http(
            Scripted(approved()), host="0.0.0.0", port=0, token="", announce=lambda _: None
        )

    async with at(host="0.0.0.0", token="open sesame", base="http://bots.example") as client:
        statuses = [
            (await begins(client)).status_code,
            (await begins(client, Authorization="Bearer guessed")).status_code,
            (await begins(client, Authorization="open sesame")).status_code,
            (await begins(client, Authorization="Bearer open sesame")).status_code,
        ]

    assert statuses == [401, 401, 401, 200]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 100_000, 400),
        (b'{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}', 400),
        (b'{"jsonrpc":"2.0","id":1,"method":"\xff"}', 400),
        (b"", 400),
        (b" " * (BODY_MAX_BYTES + 1), 413),
    ],
)
async def test_r1_r2_a_body_that_is_no_plain_message_is_refused(body: bytes, status: int) -> None:
    async with at() as client:
        refused = await client.post("/mcp", content=body)

    assert refused.status_code == status
    assert refused.json()["error"]["message"]


async def test_there_is_nothing_beside_the_mcp_server() -> None:
    async with at() as client:
        assert (await client.get("/")).status_code == 404
        assert (await client.post("/v1/approvals", json={})).status_code == 404
