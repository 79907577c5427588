"""`sayso mcp` as processes, as an MCP client starts them, before the real HTTP door."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from tests.agents.mcp_servers import PROGRAM
from tests.http.api_in_test import Api, an_api
from tests.programs import ROOT, environment, running, sayso

pytestmark = [pytest.mark.long, pytest.mark.timeout(180)]


def as_client_starts(api: Api, key: str, *arguments: str, **env: str) -> StdioServerParameters:
    given = environment({"SAYSO_URL": api.url, "SAYSO_KEY": key, **env})
    words = ["-m", "bot", "mcp", *arguments]
    return StdioServerParameters(command=sys.executable, args=words, env=given, cwd=ROOT)


@asynccontextmanager
async def session(program: StdioServerParameters) -> AsyncIterator[ClientSession]:
    async with stdio_client(program) as streams, ClientSession(*streams) as client:
        await client.initialize()
        yield client


def text(result: Any) -> str:
    return str(result.content[0].text)


async def test_a_wrapped_program_is_the_server_it_was_but_asks(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    async with an_api() as api:
        command = ("wrap", "--name", "tiny", "--", *PROGRAM, "stdio")
        program = as_client_starts(api, await api.key(), *command, LEDGER=str(ledger))
        async with session(program) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            call = asyncio.create_task(client.call_tool("deploy", {"service": "web"}))
            request = await api.behind.pending()
            assert request.call.tool == "tiny_deploy"
            assert not ledger.exists()
            await api.behind.clicks(request.id)
            done = await call
            asking = asyncio.create_task(client.call_tool("environment", {"name": "SAYSO_KEY"}))
            while (second := await api.behind.pending()).id == request.id:
                await asyncio.sleep(0.01)
            await api.behind.clicks(second.id)
            seen = await asking

    assert "deploy" in names
    assert text(done) == "web latest is out"
    assert ledger.read_text() == "deploy web latest\n"
    assert text(seen) == "unset"


async def test_a_wrapped_server_on_the_network_asks(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    http = asyncio.create_subprocess_exec(
        *(*PROGRAM, "http", "0"), cwd=ROOT, env=environment({"LEDGER": str(ledger)}), stdout=-1
    )
    server = await http
    assert server.stdout is not None
    try:
        port = int((await server.stdout.readline()).split()[-1])
        async with an_api() as api:
            command = ("wrap", "--url", f"http://127.0.0.1:{port}/mcp")
            async with session(as_client_starts(api, await api.key(), *command)) as client:
                call = asyncio.create_task(client.call_tool("deploy", {"service": "web"}))
                request = await api.behind.pending()
                await api.behind.clicks(request.id)
                done = await call
    finally:
        server.kill()
        await server.wait()

    assert text(done) == "web latest is out"


async def test_a_wrapped_program_that_does_not_start_is_told_of() -> None:
    async with an_api() as api:
        env = {"SAYSO_URL": api.url, "SAYSO_KEY": await api.key()}
        missing = await with_client("mcp", "wrap", "--", "no-such-server", env=env)
        dying = await with_client("mcp", "wrap", "--", "false", env=env)

    assert missing[0] == dying[0] == 1
    assert "there is no program" in missing[1]


async def test_the_server_that_asks_serves_over_http() -> None:
    async with an_api() as api:
        env = {"SAYSO_URL": api.url, "SAYSO_KEY": await api.key()}
        serve = running("mcp", "serve", "--http", "--port", "0", up="MCP at ", env=env)
        async with serve as program:
            url = program.lines[-1].removeprefix("MCP at ")
            async with (
                streamable_http_client(url) as (read, write, _),
                ClientSession(read, write) as client,
            ):
                await client.initialize()
                prompt = {"tool_name": "Bash", "input": {"command": "ls"}}
                call = asyncio.create_task(client.call_tool("permission_prompt", prompt))
                request = await api.behind.pending()
                await api.behind.clicks(request.id)
                allowed = await call
            ended = await program.end()

    assert '"behavior": "allow"' in text(allowed)
    assert ended.code == 0, ended.complaint


async def test_g6_it_does_not_listen_to_other_machines_without_a_token() -> None:
    env = {"SAYSO_URL": "http://127.0.0.1:9", "SAYSO_KEY": "sayso_x"}
    public = await sayso("mcp", "serve", "--http", "--port", "0", "--host", "0.0.0.0", env=env)

    assert public.code == 2
    assert "SAYSO_MCP_TOKEN" in public.complaint


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("wrap",), "give either a command"),
        (("wrap", "--url", "http://127.0.0.1:9", "--", "true"), "give either a command"),
        (("wrap", "--url", "ftp://x"), "--url begins with"),
        (("wrap", "--name", "a b", "--", "true"), "--name takes"),
        (("wrap", "--url", "http://127.0.0.1:9", "--header", "X=NOWHERE"), "no environment"),
        (("serve", "--http", "--host", "localhost"), "--host takes an address"),
    ],
)
async def test_a_mistake_on_the_command_line_is_one_sentence(
    arguments: tuple[str, ...], said: str
) -> None:
    ended = await sayso("mcp", *arguments, env={"SAYSO_URL": "http://127.0.0.1:9"})

    assert ended.code == 2
    assert said in ended.complaint
    assert len(ended.complaints) == 1


async def with_client(*arguments: str, env: dict[str, str]) -> tuple[int, str]:
    """Start it with a client that says nothing, and return how it ended."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        cwd=ROOT,
        env=environment(env),
        stdin=-1,
        stdout=-1,
        stderr=-1,
    )
    assert process.stderr is not None
    complaint = await asyncio.wait_for(process.stderr.read(), 60)
    return await process.wait(), complaint.decode()
