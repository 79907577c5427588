"""ai-infra's own gate, measured in an environment of its own; started by `allow_path`.

For each line on stdin it runs one round and prints the CPU microseconds of a call without and with
the gate, as JSON. The gate is the one its agents use, told that this tool needs no approval, so it
lets the call pass. Knows nothing of Sayso: it runs in another interpreter.
"""

import asyncio
import json
import sys
import time
from typing import Any

from ai_infra.llm.tools.hitl import (
    ApprovalConfig,
    wrap_tool_for_approval,
)
from langchain_core.tools import tool


@tool
async def read_logs(service: str, lines: int) -> str:
    """Read the last lines of a service's log."""
    return f"{service} {lines}"


async def _cpu_us(called: Any, calls: int) -> float:
    before = time.process_time()
    for number in range(calls):
        await called.ainvoke({"service": "checkout", "lines": number})
    return (time.process_time() - before) / calls * 1e6


async def _rounds(calls: int) -> None:
    gated = wrap_tool_for_approval(read_logs, ApprovalConfig(require_approval=["restart"]))
    await _cpu_us(gated, calls)
    for _ in sys.stdin:
        ungated_us = await _cpu_us(read_logs, calls)
        print(json.dumps([ungated_us, await _cpu_us(gated, calls)]), flush=True)


if __name__ == "__main__":
    asyncio.run(_rounds(int(sys.argv[1])))
