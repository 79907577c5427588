"""CPU that a gate adds to a call: gated minus ungated, taken in turns with a peer's.

What `allow_path` and `allow_path_rules` have in common.
"""

import statistics
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from approvals.gate import Gate
from benchmarks.figures import Figure, Target, bounded
from benchmarks.gateway import PROD, BenchGateway
from benchmarks.peer import NoBaseline, Peer

ROUNDS = 7
CALLS = 1_000
Call = Callable[[int], Awaitable[object]]


async def read_metrics(service: str, lines: int) -> str:
    """Do what a tool does."""
    return f"{service} {lines}"


def our_gate(gateway: BenchGateway) -> Gate:
    """Return a gate before *gateway*."""
    gate = Gate(agent="deploy-bot", channel=PROD)
    gate.use(gateway.gateway)
    return gate


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


def beside_peer(
    peer: str, benchmark: str, measured: Callable[[Peer], Coroutine[Any, Any, list[Figure]]]
) -> list[Figure]:
    """Return what *measured* finds with *peer* running; where it cannot run, say why: no figure."""
    try:
        with Peer.running(peer, calls=CALLS) as running:
            return bounded(measured(running))
    except NoBaseline as reason:
        print(f"{benchmark}: skipped, because {peer} cannot be measured here: {reason}")
        return []


def added_figure(
    name: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    *,
    target: Target | None = None,
    alone: Callable[[], Coroutine[Any, Any, None]] | None = None,
) -> Figure:
    """Return our added CPU over theirs; *alone* is our side, to be profiled where it misses."""
    added = f"{statistics.median(ours):.1f} against {statistics.median(theirs):.1f} µs CPU added"
    return Figure(
        name=name,
        rounds=[our / their for our, their in zip(ours, theirs, strict=True)],
        target=target,
        detail=added,
        ours=None if alone is None else lambda: bounded(alone()),
    )
