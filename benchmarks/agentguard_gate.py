"""agentguard-hitl's own gate, measured in an environment of its own; started by `Peer`.

For each line on stdin it runs one round and prints the CPU microseconds of a call without and with
the gate, as JSON. The gate looks at the tool's name and lets this one pass. Knows nothing of Sayso:
it runs in another interpreter.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from agentguard import AgentGuard  # type: ignore[import-not-found]


async def read_metrics(service: str, lines: int) -> str:
    """Do what a tool does."""
    return f"{service} {lines}"


async def _execute(_name: str, given: dict[str, Any]) -> str:
    return await read_metrics(**given)


async def _cpu_us(called: Callable[[dict[str, Any]], Awaitable[Any]], calls: int) -> float:
    before = time.process_time()
    for number in range(calls):
        await called({"service": "checkout", "lines": number})
    return (time.process_time() - before) / calls * 1e6


async def _rounds(calls: int) -> None:
    guard = AgentGuard(confirm=lambda _request: False)

    async def bare(given: dict[str, Any]) -> Any:
        return await _execute("read_metrics", given)

    async def gated(given: dict[str, Any]) -> Any:
        return await guard.aexecute("read_metrics", given, executor=_execute)

    await _cpu_us(gated, calls)
    for _ in sys.stdin:
        ungated_us = await _cpu_us(bare, calls)
        print(json.dumps([ungated_us, await _cpu_us(gated, calls)]), flush=True)


if __name__ == "__main__":
    asyncio.run(_rounds(int(sys.argv[1])))
