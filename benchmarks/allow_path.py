"""CPU that an allowed call costs on top of the bare one, against ai-infra's own gate.

Both gates stand in front of the same asynchronous LangChain tool and let it pass: ours because a
rule of the policy allows it (arguments checked, frozen and digested, the audit event kept for the
next batch), ai-infra's because its list of names does not hold the tool. Added CPU is gated minus
ungated, each in its own environment, taken in turns; below zero means that the gated tool is the
cheaper one. Beside it: with the batch of audit events written, and ours on a function without
LangChain, where nothing but the gate is left.
"""

import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.tools import tool

from approvals.gate import Gate
from benchmarks.figures import Figure, Target, bounded
from benchmarks.gateway import PROD, BenchGateway, a_gateway
from benchmarks.peer import NoBaseline, Peer

ROUNDS = 7
CALLS = 1_000


@tool
async def read_logs(service: str, lines: int) -> str:
    """Read the last lines of a service's log."""
    return f"{service} {lines}"


async def read_metrics(service: str, lines: int) -> str:
    """Do the same without LangChain."""
    return f"{service} {lines}"


Call = Callable[[int], Awaitable[object]]


def run() -> list[Figure]:
    """Measure, or say why not and return no figure."""
    try:
        with Peer.running("ai_infra", calls=CALLS) as peer:
            return bounded(_figures(peer))
    except NoBaseline as reason:
        print(f"allow_path: skipped, because ai-infra cannot be measured here: {reason}")
        return []


async def _figures(peer: Peer) -> list[Figure]:
    on_tool, written, on_function, theirs = [], [], [], []
    async with a_gateway() as gateway:
        gate = Gate(agent="deploy-bot", channel=PROD)
        gate.use(gateway.gateway)
        tool_calls = _tool_calls(read_logs), _tool_calls(gate.guard_tools([read_logs])[0])
        calls = plain_calls(read_metrics), plain_calls(gate.guard(read_metrics))
        await added_us(gateway, *tool_calls)  # fills the caches of both
        for _ in range(ROUNDS):
            added, with_audit = await added_us(gateway, *tool_calls)
            on_tool.append(added)
            written.append(with_audit)
            on_function.append((await added_us(gateway, *calls))[0])
            theirs.append(peer.added_us())
    return [
        _figure("the same LangChain tool", on_tool, theirs, target=Target(limit=1 / 20)),
        _figure("the same, its audit events written", written, theirs),
        _figure("ours on a plain function", on_function, theirs),
    ]


def _figure(
    what: str, ours: list[float], theirs: list[float], *, target: Target | None = None
) -> Figure:
    added = f"{statistics.median(ours):.1f} against {statistics.median(theirs):.0f} µs CPU added"
    return Figure(
        name=f"allow_path, {what}",
        rounds=[our / their for our, their in zip(ours, theirs, strict=True)],
        target=target,
        detail=added,
        ours=lambda: bounded(_ours_alone()),
    )


def _tool_calls(called: Any) -> Call:
    return lambda number: called.ainvoke({"service": "checkout", "lines": number})


def plain_calls(called: Callable[[str, int], Awaitable[str]]) -> Call:
    """Return how *called* is called with the number of a call."""
    return lambda number: called("checkout", number)


async def added_us(gateway: BenchGateway, bare: Call, gated: Call) -> tuple[float, float]:
    """Return CPU µs that the gate adds to a call: on its path, and with its audit event written."""
    started = time.process_time()
    for number in range(CALLS):
        await bare(number)
    ungated = time.process_time()
    for number in range(CALLS):
        await gated(number)
    on_path = time.process_time()
    await gateway.call_log.flush(gateway.desk)
    written = time.process_time()
    bare_s = ungated - started
    return (
        (on_path - ungated - bare_s) / CALLS * 1e6,
        (written - ungated - bare_s) / CALLS * 1e6,
    )


async def _ours_alone() -> None:
    async with a_gateway() as gateway:
        gate = Gate(agent="deploy-bot", channel=PROD)
        gate.use(gateway.gateway)
        gated = _tool_calls(gate.guard_tools([read_logs])[0])
        for number in range(5 * CALLS):
            await gated(number)
