"""Memory of a call that waits for a person, on top of a bare task that awaits a future.

2,000 calls of a function behind `@gate.guard`, all of them stored and waiting in a real gateway on
a real store; then as many bare tasks. Counted by tracemalloc after a full collection, so that what
the allocator keeps in reserve does not blur it: every Python object that lives because the calls
wait, caches filled beforehand. SQLite's own page cache is not Python's and is bounded.
"""

import asyncio
import gc
import tracemalloc
from collections.abc import Callable

from approvals.gate import Gate
from benchmarks.figures import Figure, Target, bounded
from benchmarks.gateway import PROD, BenchGateway, a_gateway

ROUNDS = 3
CALLS = 2_000
WARM_UP = 300

Start = Callable[[int], "asyncio.Task[None]"]


def run() -> list[Figure]:
    """Measure."""
    rounds = bounded(_rounds())
    added = [(ours - bare) / 1_000 for ours, bare in rounds]
    ours, bare = rounds[0]
    return [
        Figure(
            name="waiting_call",
            rounds=added,
            target=Target(limit=1.5),
            unit=" kB added",
            detail=f"{ours / 1_000:.2f} kB against {bare / 1_000:.2f} kB",
            ours=lambda: print(bounded(_where())),
        )
    ]


async def _rounds() -> list[tuple[float, float]]:
    """Return bytes for each waiting call of each round: ours, bare."""
    async with a_gateway() as gateway:
        start = _guarded(gateway)
        await _memory(gateway, start, WARM_UP)
        tracemalloc.start()
        try:
            return [
                (await _memory(gateway, start, CALLS), await _memory(gateway, _bare(), CALLS))
                for _ in range(ROUNDS)
            ]
        finally:
            tracemalloc.stop()


def _guarded(gateway: BenchGateway) -> Start:
    gate = Gate(agent="deploy-bot", channel=PROD)
    gate.use(gateway.gateway)

    @gate.guard
    async def restart_service(service: str, zone: str, number: int) -> None: ...

    return lambda number: asyncio.create_task(restart_service("checkout", "eu-1", number))


def _bare() -> Start:
    loop = asyncio.get_running_loop()

    async def waits() -> None:
        await loop.create_future()

    return lambda _: asyncio.create_task(waits())


async def _memory(gateway: BenchGateway, start: Start, count: int) -> float:
    """Return the bytes that live for each of *count* tasks while they wait."""
    await _at_rest(gateway)
    before, _ = tracemalloc.get_traced_memory()
    tasks = [start(number) for number in range(count)]
    await _at_rest(gateway)
    after, _ = tracemalloc.get_traced_memory()
    await _cancelled(tasks)
    return (after - before) / count


async def _at_rest(gateway: BenchGateway) -> None:
    for _ in range(30):  # several groups of commits, each with its answers
        await gateway.desk.store.write(lambda _: None)
        await asyncio.sleep(0)
    gateway.display.asked.clear()
    gc.collect()


async def _cancelled(tasks: list["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


async def _where() -> str:
    """Return which lines hold the memory of our waiting calls."""
    async with a_gateway() as gateway:
        start = _guarded(gateway)
        await _memory(gateway, start, WARM_UP)
        tracemalloc.start()
        await _at_rest(gateway)
        before = tracemalloc.take_snapshot()
        tasks = [start(number) for number in range(CALLS)]
        await _at_rest(gateway)
        held = tracemalloc.take_snapshot().compare_to(before, "lineno")
        tracemalloc.stop()
        await _cancelled(tasks)
        return "\n".join(f"{each.size_diff / CALLS:7.0f} B  {each.traceback}" for each in held[:15])
