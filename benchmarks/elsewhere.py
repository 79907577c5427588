"""The agents' process as a benchmark holds it: `benchmarks.remote_agents`, on this machine.

Both read one monotonic clock, so that what is told there can be compared with what is done here.
"""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from benchmarks.remote_agents import LINE_MAX_BYTES
from benchmarks.served import ROOT


class Elsewhere:
    """The agents of one process, which run until the block ends."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._told: dict[int, asyncio.Future[float]] = {}
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncIterator["Elsewhere"]:
        """Start the process."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.remote_agents"),
            cwd=ROOT,
            stdin=PIPE,
            stdout=PIPE,
            limit=LINE_MAX_BYTES,
        )
        here = cls(process)
        hearing = asyncio.create_task(here._hear())
        try:
            yield here
        finally:
            hearing.cancel()
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def open(self, places: Sequence[tuple[str, str]]) -> None:
        """Open a gate for each address and key; they are numbered in this order."""
        await self._do(open=places)

    async def ask(self, questions: Sequence[tuple[int, int]]) -> list[asyncio.Future[float]]:
        """Let gates ask, each *(gate, number)*; the futures tell when its agent was told."""
        loop = asyncio.get_running_loop()
        told: list[asyncio.Future[float]] = [loop.create_future() for _ in questions]
        self._told |= {number: each for (_, number), each in zip(questions, told, strict=True)}
        await self._do(ask=questions)
        return told

    async def wait(self, how: str, questions: Sequence[tuple[str, str, str]]) -> None:
        """Wait for *(url, key, id)* by `polls`, by one `stream` for a key, or by `streams`."""
        await self._do(wait=how, **{"for": questions})

    async def leave(self) -> None:
        """Wait for them no longer."""
        await self._do(leave=True)

    async def memory_bytes(self) -> int:
        """Return the memory the agents' process holds."""
        return int((await self._do())["memory_bytes"])

    async def _do(self, **said: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(said).encode() + b"\n")
        await self._process.stdin.drain()
        return await self._answers.get()

    async def _hear(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            said = json.loads(line)
            if "told" in said:
                self._told.pop(said["told"]).set_result(said["at"])
            else:
                self._answers.put_nowait(said)
