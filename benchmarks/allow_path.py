"""CPU that an allowed call costs on top of the bare one, against ai-infra's own gate.

Both gates stand in front of the same asynchronous LangChain tool and let it pass: ours because a
rule of the policy allows it (arguments checked, frozen and digested, the audit event kept for the
next batch), ai-infra's because its list of names does not hold the tool. Added CPU is gated minus
ungated, each in its own environment, taken in turns. ai-infra is installed on first use into
`.venv-bench/` from `ai_infra.lock`; where that cannot be done there is no baseline.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from langchain_core.tools import tool

from approvals.gate import Gate
from benchmarks.figures import Figure, Target, bounded
from benchmarks.gateway import PROD, BenchGateway, a_gateway

ROUNDS = 7
CALLS = 1_000
ROOT = Path(__file__).parents[1]
LOCK = Path(__file__).with_name("ai_infra.lock")
ENVIRONMENT = ROOT / ".venv-bench"
STAMP = ENVIRONMENT / ".installed"
INSTALL_TIMEOUT_S = 300


@tool
async def read_logs(service: str, lines: int) -> str:
    """Read the last lines of a service's log."""
    return f"{service} {lines}"


class NoBaseline(Exception):
    """The peer cannot be installed here; the message says why."""


def run() -> list[Figure]:
    """Measure, or say why not and return no figure."""
    try:
        python = _environment()
    except NoBaseline as reason:
        print(f"allow_path: skipped, because ai-infra cannot be installed here: {reason}")
        return []
    with _peer(python) as peer:
        return bounded(_figures(peer))


async def _figures(peer: "subprocess.Popen[str]") -> list[Figure]:
    called, written, theirs = [], [], []
    async with a_gateway() as gateway:
        gated = _gated(gateway)
        await _cpu_us(gated, gateway)
        for _ in range(ROUNDS):
            bare, _ = await _cpu_us(read_logs, gateway)
            on_call, with_audit = await _cpu_us(gated, gateway)
            called.append(on_call - bare)
            written.append(with_audit - bare)
            theirs.append(_peers_round(peer))
    return [
        _figure("", called, theirs, target=Target(limit=20, at_least=True)),
        _figure(", audit written too", written, theirs, target=None),
    ]


def _figure(what: str, ours: list[float], theirs: list[float], *, target: Target | None) -> Figure:
    return Figure(
        name=f"allow_path{what}",
        rounds=[their / our for our, their in zip(ours, theirs, strict=True)],
        target=target,
        unit="× less",
        detail=f"{statistics.median(ours):.1f} against {statistics.median(theirs):.0f} µs CPU added",
        ours=lambda: bounded(_ours_alone()),
    )


def _gated(gateway: BenchGateway) -> Any:
    gate = Gate(agent="deploy-bot", channel=PROD)
    gate.use(gateway.gateway)
    return gate.guard_tools([read_logs])[0]


async def _cpu_us(called: Any, gateway: BenchGateway) -> tuple[float, float]:
    """Return CPU µs of a call: on the caller's path, and with its audit event written."""
    before = time.process_time()
    for number in range(CALLS):
        await called.ainvoke({"service": "checkout", "lines": number})
    on_path = time.process_time() - before
    await gateway.call_log.flush(gateway.desk)
    return on_path / CALLS * 1e6, (time.process_time() - before) / CALLS * 1e6


async def _ours_alone() -> None:
    async with a_gateway() as gateway:
        await _cpu_us(_gated(gateway), gateway)


def _environment() -> Path:
    """Return the python that has ai-infra; make its environment if it is not there.

    Raises:
        NoBaseline: with the installer's last line.
    """
    python = ENVIRONMENT / "bin" / "python"
    if STAMP.exists() and STAMP.stat().st_mtime >= LOCK.stat().st_mtime:
        return python
    uv = str(Path(sys.executable).with_name("uv"))
    install = ["pip", "install", "-q", "--python", str(python), "--require-hashes", "-r", str(LOCK)]
    for command in (["venv", "-q", "--clear", "--python", sys.executable, str(ENVIRONMENT)], install):
        try:
            subprocess.run(
                [uv, *command], check=True, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S
            )
        except OSError as fault:
            raise NoBaseline(f"{uv}: {fault.strerror}") from fault
        except subprocess.TimeoutExpired as fault:
            raise NoBaseline(f"not installed within {INSTALL_TIMEOUT_S} s") from fault
        except subprocess.CalledProcessError as failed:
            raise NoBaseline((failed.stderr.strip() or "uv failed").splitlines()[-1]) from failed
    STAMP.touch()
    return python


@contextmanager
def _peer(python: Path) -> Iterator["subprocess.Popen[str]"]:
    script = Path(__file__).with_name("ai_infra_gate.py")
    with subprocess.Popen(
        [str(python), "-I", str(script), str(CALLS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as peer:
        try:
            yield peer
        finally:
            assert peer.stdin is not None
            peer.stdin.close()


def _peers_round(peer: "subprocess.Popen[str]") -> float:
    """Return the CPU µs the peer's gate adds to a call in one round."""
    assert peer.stdin is not None
    assert peer.stdout is not None
    peer.stdin.write("\n")
    peer.stdin.flush()
    ungated_us, gated_us = json.loads(peer.stdout.readline())
    return float(gated_us) - float(ungated_us)
