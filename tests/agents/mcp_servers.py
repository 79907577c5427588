"""The tiny MCP server of `mcp_program`, as the agents' file would describe it."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from bot.mcp.upstream import McpServer

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "tests.agents.mcp_program")


def stdio_server(ledger: Path, **also: str) -> McpServer:
    env = {"LEDGER": str(ledger), "PYTHONPATH": str(ROOT), **also}
    return McpServer(
        name="tiny",
        command=(*PROGRAM, "stdio"),
        env={name: SecretStr(value) for name, value in env.items()},
    )


@dataclass
class HttpServer:
    """A server over streamable HTTP that can be killed and started again on the same port."""

    ledger: Path
    port: int = 0
    process: Process | None = field(default=None, repr=False)

    @property
    def server(self) -> McpServer:
        return McpServer(
            name="tiny",
            url=f"http://127.0.0.1:{self.port}/mcp",
            timeout=timedelta(seconds=20),
        )

    async def start(self) -> None:
        env = {**os.environ, "LEDGER": str(self.ledger), "PYTHONPATH": str(ROOT)}
        self.process = await asyncio.create_subprocess_exec(
            *PROGRAM, "http", str(self.port), stdout=PIPE, env=env
        )
        assert self.process.stdout is not None
        self.port = int(await self.process.stdout.readline())

    async def kill(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.communicate()


@asynccontextmanager
async def http_server(ledger: Path) -> AsyncIterator[HttpServer]:
    here = HttpServer(ledger)
    await here.start()
    try:
        yield here
    finally:
        await here.kill()
