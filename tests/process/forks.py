"""Gateways forked off a program that is loaded already: what a campaign of many lives starts.

`loading()` starts `loaded_program` once; `tests.programs.running` is told to start a command with
`Forks.start`.
"""

import asyncio
import json
import os
import socket
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.process.loaded_program import MESSAGE_MAX_BYTES
from tests.programs import ROOT, environment

MODULES = (
    "bot.commands.serve",
    "bot.agents.langchain_agent",
    "bot.agents.sparing_saver",
    "bot.agents.strict_state",
    "approvals.storage.sql_store",
    "anyio._backends._asyncio",
    "httpcore2",
    "openai.resources.chat.completions",
    "ruamel.yaml",
)
"""What a gateway with agents loads."""


@dataclass(slots=True, kw_only=True)
class Fork:
    """One life; ends when it is killed or comes to its end."""

    pid: int
    stdout: asyncio.StreamReader
    stderr: asyncio.StreamReader
    ended: asyncio.Task[int] = field(repr=False)

    @property
    def returncode(self) -> int | None:
        return self.ended.result() if self.ended.done() else None

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(9)

    async def communicate(self) -> tuple[bytes, bytes]:
        """Read what it still prints, wait for its end."""
        printed, complaint = await asyncio.gather(self.stdout.read(), self.stderr.read())
        await asyncio.shield(self.ended)
        return printed, complaint


@dataclass(frozen=True, slots=True, kw_only=True)
class Forks:
    """The loaded program, from which one life at a time is had."""

    wire: socket.socket

    async def start(
        self, arguments: tuple[str, ...], *, cwd: Path, env: Mapping[str, str], fds: tuple[int, ...]
    ) -> Fork:
        """Start one life of the `sayso` command with *arguments*."""
        loop = asyncio.get_running_loop()
        (printed, out), (complaint, err) = os.pipe(), os.pipe()
        wanted = {
            "arguments": arguments,
            "cwd": str(cwd),
            "env": dict(env),
            "fds": [1, 2, *fds],
        }
        socket.send_fds(self.wire, [json.dumps(wanted).encode()], [out, err, *fds])
        os.close(out)
        os.close(err)
        born = json.loads(await loop.sock_recv(self.wire, MESSAGE_MAX_BYTES))
        return Fork(
            pid=born["pid"],
            stdout=await _reader(printed),
            stderr=await _reader(complaint),
            ended=asyncio.create_task(self._end()),
        )

    async def _end(self) -> int:
        told = await asyncio.get_running_loop().sock_recv(self.wire, MESSAGE_MAX_BYTES)
        return int(json.loads(told)["code"])


@asynccontextmanager
async def loading() -> AsyncIterator[Forks]:
    """Load the program, and let nothing of it live when the block ends."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.process.loaded_program", str(theirs.fileno()), *MODULES),
        cwd=ROOT,
        env=environment({}),
        pass_fds=(theirs.fileno(),),
        stdin=DEVNULL,
        stdout=DEVNULL,
    )
    theirs.close()
    try:
        assert await asyncio.get_running_loop().sock_recv(ours, MESSAGE_MAX_BYTES) == b"loaded"
        yield Forks(wire=ours)
    finally:
        ours.close()
        await program.wait()


async def _reader(fd: int) -> asyncio.StreamReader:
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(fd, "rb", buffering=0)
    )
    return reader
