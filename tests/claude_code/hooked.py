"""`sayso hook claude-code` as Claude Code starts it: a process, its input, and what came of it."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from tests.programs import ROOT, environment

CALL = {
    "session_id": "s1",
    "transcript_path": "t.jsonl",
    "cwd": "/srv/app",
    "permission_mode": "default",
    "hook_event_name": "PreToolUse",
    "tool_name": "Bash",
    "tool_input": {"command": "ls", "timeout": 5},
    "tool_use_id": "toolu_1",
}
HOST_TIMEOUT_S = 10.0
SAYSO = (sys.executable, "-m", "bot")


def call(**also: Any) -> bytes:
    """What Claude Code writes; None takes a part away."""
    told = {name: value for name, value in {**CALL, **also}.items() if value is not None}
    return json.dumps(told).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooked:
    """How the process ended."""

    code: int
    printed: bytes
    complaint: str
    took_s: float

    @property
    def said(self) -> dict[str, Any]:
        """The answer, which has to be one line of JSON."""
        line, rest = self.printed.split(b"\n", 1)
        assert rest == b"", self.printed
        told: dict[str, Any] = json.loads(line)["hookSpecificOutput"]
        return told

    def assert_blocks(self) -> None:
        """Of all ends there are, only these two stop a call (case X1)."""
        if self.code == 2:
            return
        assert self.code == 0, (self.code, self.complaint)
        assert "Traceback" not in self.complaint, self.complaint
        decision = self.said.get("permissionDecision") or self.said["decision"]["behavior"]
        assert decision == "deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How it is started; what a fault does not say is as it should be."""

    arguments: tuple[str, ...] = ("hook", "claude-code", "--host-timeout", "10s")
    stdin: bytes | None = None
    """None: a call of Bash."""
    keeps_open: bool = False
    """Whether standard input never ends."""
    env: Mapping[str, str] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    cwd: Path | None = None
    shell: str = ""
    """Around the command, as ``exec {} 1>&-``."""
    is_unread: bool = False
    """Whether nobody is there any more to read what it prints."""
    signal: int = 0
    """Sent once `when` says so."""
    when: Callable[[], bool] = lambda: True
    in_process: Callable[[], None] | None = None
    """Called in the new process before the command."""


async def hooked(start: Start, url: str) -> Hooked:
    """Run it to its end."""
    given = {"SAYSO_URL": url, "SAYSO_KEY": "sayso_test", **start.env}
    env = {k: v for k, v in environment(given).items() if k not in start.unset}
    if "PYTHONPATH" in start.env:
        env["PYTHONPATH"] = f"{start.env['PYTHONPATH']}:{ROOT}"
    words = [*SAYSO, *start.arguments]
    if start.shell:
        command = " ".join(f"'{word}'" for word in words)
        words = ["/bin/sh", "-c", start.shell.format(command)]
    printed_to = _nobody() if start.is_unread else PIPE
    began = monotonic()
    process = await asyncio.create_subprocess_exec(
        *words,
        cwd=start.cwd or ROOT,
        env=env,
        stdin=PIPE,
        stdout=printed_to,
        stderr=PIPE,
        preexec_fn=start.in_process,
    )
    assert process.stdin is not None
    written = call() if start.stdin is None else start.stdin
    try:
        process.stdin.write(written)
        await process.stdin.drain()
        if not start.keeps_open:
            process.stdin.close()
    except (BrokenPipeError, ConnectionResetError):
        pass
    if start.signal:
        while not start.when() and process.returncode is None:
            await asyncio.sleep(0.02)
        with suppress(ProcessLookupError):
            os.kill(process.pid, start.signal)
    printed, complaint = await asyncio.wait_for(
        asyncio.gather(_whole(process.stdout), _whole(process.stderr)), 60
    )
    code = await process.wait()
    process.stdin.close()
    return Hooked(
        code=code,
        printed=printed,
        complaint=complaint.decode("utf-8", "replace"),
        took_s=monotonic() - began,
    )


async def _whole(stream: asyncio.StreamReader | None) -> bytes:
    return b"" if stream is None else await stream.read()


def _nobody() -> int:
    """Return a pipe that nobody reads."""
    read, write = os.pipe()
    os.close(read)
    return write
