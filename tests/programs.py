"""Sayso's commands as real processes: started, read, asked to end, killed, and looked at in /proc.

`running()` starts `sayso` with this interpreter and reads what it prints up to the line that says
it is up. Whatever a test leaves running is killed at the end of its block, children included by
their own design (they end when their parent does).
"""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from types import MappingProxyType
from typing import Protocol

ROOT = Path(__file__).parents[1]
UP_WITHIN_S = 120
"""How long a start may take on a machine that does many other things."""
QUIET_START_S = 3.0
"""How long the demo takes to start on two quiet cores."""
NOTHING: Mapping[str, str] = MappingProxyType({})
_NOT_OURS = re.compile(r"^(SAYSO_|SLACK_|OPENAI_)")


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    """The shell's environment without any setting of a gateway, and *ours* on top."""
    kept = {name: value for name, value in os.environ.items() if not _NOT_OURS.match(name)}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **ours}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command that was waited for ended."""

    code: int
    printed: str
    complaint: str

    @property
    def complaints(self) -> list[str]:
        return self.complaint.splitlines()


async def sayso(
    *arguments: str, cwd: Path | None = None, env: Mapping[str, str] = NOTHING
) -> Ended:
    """Run one command to its end."""
    process = await anew(arguments, cwd=cwd or ROOT, env=environment(env))
    printed, complaint = await asyncio.wait_for(process.communicate(), UP_WITHIN_S)
    assert process.returncode is not None
    return Ended(
        code=process.returncode, printed=printed.decode(), complaint=complaint.decode("utf-8")
    )


class Started(Protocol):
    """A process that was started, as asyncio shows it."""

    @property
    def pid(self) -> int: ...
    @property
    def stdout(self) -> asyncio.StreamReader | None: ...
    @property
    def returncode(self) -> int | None: ...
    def send_signal(self, number: int, /) -> None: ...
    def kill(self) -> None: ...
    async def communicate(self) -> tuple[bytes, bytes]: ...


class Start(Protocol):
    """Starts the `sayso` command with these arguments."""

    async def __call__(
        self, arguments: tuple[str, ...], *, cwd: Path, env: Mapping[str, str], fds: tuple[int, ...]
    ) -> Started: ...


@dataclass(slots=True, kw_only=True)
class Program:
    """A command that is up."""

    process: Started
    lines: list[str]
    """What it printed up to the line that says it is up."""
    started_in_s: float
    rest: asyncio.Task[tuple[bytes, bytes]] = field(repr=False)
    """Reads what it prints from then on, and ends with it."""

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def patience(self) -> float:
        """How many times slower than a quiet one this machine is now; at least 1."""
        return max(1.0, self.started_in_s / QUIET_START_S)

    def setting(self, name: str) -> str:
        """The value of a printed `NAME=value` line."""
        return next(line.partition("=")[2] for line in self.lines if line.startswith(f"{name}="))

    async def end(self, number: int = signal.SIGTERM) -> Ended:
        """Send a signal and wait for the end."""
        if self.process.returncode is None:
            self.process.send_signal(number)
        printed, complaint = await asyncio.wait_for(asyncio.shield(self.rest), UP_WITHIN_S)
        assert self.process.returncode is not None
        return Ended(
            code=self.process.returncode, printed=printed.decode(), complaint=complaint.decode()
        )

    async def kill(self) -> None:
        """End it as a crash would: nothing of it runs any more when this returns."""
        await self.end(signal.SIGKILL)


@asynccontextmanager
async def running(
    *arguments: str,
    up: str,
    cwd: Path | None = None,
    fds: tuple[int, ...] = (),
    env: Mapping[str, str] = NOTHING,
    start: Start | None = None,
) -> AsyncIterator[Program]:
    """Start a command, wait for a line that begins with *up*, and kill what is left at the end."""
    started_at = monotonic()
    start = start or anew
    process = await start(arguments, cwd=cwd or ROOT, env=environment(env), fds=fds)
    reading: asyncio.Task[tuple[bytes, bytes]] | None = None
    try:
        async with asyncio.timeout(UP_WITHIN_S):
            lines = await _lines_until(process, up)
        reading = asyncio.create_task(process.communicate())
        yield Program(
            process=process,
            lines=lines,
            started_in_s=monotonic() - started_at,
            rest=reading,
        )
    finally:
        if process.returncode is None:
            process.kill()
        await (process.communicate() if reading is None else reading)


async def anew(
    arguments: tuple[str, ...], *, cwd: Path, env: Mapping[str, str], fds: tuple[int, ...] = ()
) -> Process:
    """Start an interpreter of its own."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        cwd=cwd,
        env=env,
        pass_fds=fds,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )


async def _lines_until(process: Started, up: str) -> list[str]:
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or not lines[-1].startswith(up):
        line = await process.stdout.readline()
        if not line:
            _, complaint = await process.communicate()
            raise AssertionError(f"it ended before it was up: {complaint.decode()}")
        lines.append(line.decode().rstrip("\n"))
    return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A process as /proc shows it."""

    pid: int
    command: tuple[str, ...]
    state: str


def children(parent: int) -> list[Child]:
    """The processes whose parent is *parent*, zombies included."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (seen := _look(int(entry.name))) and seen[0] == parent:
            found.append(seen[1])
    return found


def is_alive(pid: int) -> bool:
    """Whether the process still runs; a zombie nobody has reaped does not."""
    seen = _look(pid)
    return seen is not None and seen[1].state != "Z"


def _look(pid: int) -> tuple[int, Child] | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    state, parent = stat.rpartition(")")[2].split()[:2]
    words = tuple(word.decode() for word in command.split(b"\0") if word)
    return int(parent), Child(pid=pid, command=words, state=state)


def service_pid(demo: int, name: str, place: str) -> int:
    """The process id of one of the demo's services, from the operating system."""
    [pid] = [child.pid for child in children(demo) if child.command[-3:-1] == (name, place)]
    return pid
