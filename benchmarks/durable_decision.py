"""CPU of a durable decision through the store, against raw sqlite3.

A decision is: read the request, compare-and-set its status, append a sealed audit event, enqueue a
job; durable (synchronous=FULL) before its caller on the event loop is answered. The raw side does
the same in a thread, by hand, with one commit for each decision: that is the target's baseline,
one at a time and 50 at once. Beside it: raw sqlite3 that commits in groups as the store does.
CPU of the whole process, all threads.
"""

import asyncio
import functools
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from approvals.domain.ids import RequestId
from approvals.storage.sql_store import SqlStore
from benchmarks.figures import Figure, Target, bounded
from benchmarks.raw_store import RawWriter, whole_decision
from benchmarks.requests import CLOCK, IDS, reject, stored_requests

ROUNDS = 5
DECISIONS = 600
TARGET = Target(limit=2)

Decide = Callable[[RequestId], Awaitable[object]]


def run() -> list[Figure]:
    """Measure one at a time and 50 at once."""
    single = [_round(1) for _ in range(ROUNDS)]
    parallel = [_round(50) for _ in range(ROUNDS)]
    return [
        _figure("one at a time", single, baseline=1, at_once=1, target=TARGET),
        _figure("50 at once", parallel, baseline=1, at_once=50, target=TARGET),
        _figure("50 at once, raw groups too", parallel, baseline=2, at_once=50, target=None),
    ]


def _figure(
    what: str,
    rounds: Sequence[tuple[float, float, float]],
    *,
    baseline: int,
    at_once: int,
    target: Target | None,
) -> Figure:
    ours, raw = (statistics.median(each[side] for each in rounds) for side in (0, baseline))
    return Figure(
        name=f"durable_decision, {what}",
        rounds=[each[0] / each[baseline] for each in rounds],
        target=target,
        detail=f"{ours:.0f} against {raw:.0f} µs CPU",
        ours=functools.partial(_round, at_once),
    )


def _round(at_once: int) -> tuple[float, float, float]:
    """Return CPU µs per decision: through the store, raw, and raw in groups."""
    with tempfile.TemporaryDirectory(prefix="sayso-bench-") as directory:
        return bounded(_measured(Path(directory) / "sayso.db", at_once))


async def _measured(path: Path, at_once: int) -> tuple[float, float, float]:
    ids = await stored_requests(path, 3 * DECISIONS)
    thirds = [ids[start : start + DECISIONS] for start in range(0, len(ids), DECISIONS)]
    async with SqlStore.open(path, clock=CLOCK, ids=IDS, source="/bench") as store:
        ours = await _cpu_us(lambda each: store.write(reject(each)), thirds[0], at_once)
    raw = []
    for group, third in zip((False, True), thirds[1:], strict=True):
        writer = RawWriter(path, whole_decision, group=group)
        raw.append(await _cpu_us(writer.decide, third, at_once))
        await writer.close()
    return ours, raw[0], raw[1]


async def _cpu_us(decide: Decide, ids: Sequence[RequestId], at_once: int) -> float:
    before = time.process_time()
    for start in range(0, len(ids), at_once):
        await asyncio.gather(*(decide(each) for each in ids[start : start + at_once]))
    return (time.process_time() - before) / len(ids) * 1e6
