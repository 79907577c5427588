"""A `sayso serve` that hosts the agent of these tests, and what that agent announces on a pipe."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.process import agent
from tests.programs import Program, Start, running

PATIENCE_S = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A running `sayso serve`, with the points its agent announces."""

    program: Program
    points: asyncio.StreamReader

    async def reached(self, point: str) -> dict[str, str]:
        """Wait until the agent says that it is at *point*."""
        while True:
            line = await asyncio.wait_for(self.points.readline(), PATIENCE_S)
            assert line, f"the gateway ended before it was {point}"
            seen: dict[str, str] = json.loads(line)
            if seen["point"] == point:
                return seen

    async def outcome(self) -> str:
        return (await self.reached(agent.OUTCOME))["said"]

    async def kill(self) -> None:
        await self.program.kill()


@asynccontextmanager
async def running_agent(
    place: Path, slack: Mapping[str, str], *, stop_at: str, keys: str
) -> AsyncIterator[Gateway]:
    """Start the gateway on the directory *place*; *slack* says where its Slack is."""
    env = {**slack, "SAYSO_RUN": "tests.process.agent:run", agent.KEYS: keys}
    async with announcing(place, env, stop_at=stop_at) as gateway:
        yield gateway


@asynccontextmanager
async def announcing(
    place: Path, env: Mapping[str, str], *, stop_at: str, start: Start | None = None
) -> AsyncIterator[Gateway]:
    """Start a gateway on *place* whose `SAYSO_RUN` announces points, and stops at *stop_at*."""
    reading, writing = os.pipe()
    async with _reader(reading) as points:
        try:
            serving = running(
                *("serve", "--data", str(place / "gateway")),
                *("--policy", str(place / "policy.yml")),
                up="Sayso is serving",
                cwd=place,
                fds=(writing,),
                start=start,
                env={
                    "SAYSO_HTTP_PORT": "0",
                    agent.POINTS_FD: str(writing),
                    agent.STOP_AT: stop_at,
                    agent.FILE: str(place / "ledger.txt"),
                    **env,
                },
            )
            async with serving as program:
                os.close(writing)
                writing = -1
                yield Gateway(program=program, points=points)
            await _keep_log(place, program)
        finally:
            if writing >= 0:
                os.close(writing)


async def _keep_log(place: Path, program: Program) -> None:
    """Add what a gateway that ended has complained about to those of the lives before."""
    _, complaint = await program.rest
    with (place / "gateway.log").open("ab") as log:
        log.write(complaint)


@asynccontextmanager
async def _reader(fd: int) -> AsyncIterator[asyncio.StreamReader]:
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(fd, "rb", buffering=0)
    )
    try:
        yield reader
    finally:
        transport.close()
        await asyncio.sleep(0)
