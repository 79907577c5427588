"""Letting a paused LangGraph graph go on, for graphs that are not the bot's own agents.

The bot keeps a row for each run and a lease on it. Here the graph, its checkpointer and its thread
are the caller's; one process resumes a thread at a time, and the rows keep each call at one run.
"""

import asyncio
from collections.abc import Mapping
from typing import Any
from weakref import WeakValueDictionary

from approvals.domain import run_errors
from approvals.domain.ids import RequestId
from approvals.gate.gate import Gate
from approvals.gate.langchain_middleware import PAUSE_KIND

_LEASES: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


def paused_requests(interrupts: Any) -> tuple[RequestId, ...]:
    """Return the requests that LangGraph's *interrupts* wait for; other interrupts are left out."""
    values = (getattr(each, "value", None) for each in interrupts)
    return tuple(
        RequestId(value["request_id"])
        for value in values
        if isinstance(value, Mapping) and value.get("type") == PAUSE_KIND
    )


async def resume_paused(agent: Any, config: Mapping[str, Any], *, gate: Gate) -> Any:
    """Wait for decisions and let the paused thread of *config* go on until it ends.

    Safe to call again after a crash: nothing of it is in memory but the wait. The thread's other
    interrupts, which are not ours, end it too: they are the caller's to answer.

    Args:
        agent: A compiled graph with a checkpointer, whose tools stand behind `ApprovalMiddleware`.
        config: Names the `thread_id`.
        gate: The gate the middleware uses, connected.

    Returns:
        The graph's state values, as `ainvoke` returns them.

    Raises:
        RunNotReady: this process resumes the same thread already.
        CallUnavailable: the gateway closed while it waited.
    """
    thread = str(config["configurable"]["thread_id"])
    lease = _LEASES.setdefault(thread, asyncio.Lock())
    if lease.locked():
        raise run_errors.RunNotReady(f"Thread {thread} is being resumed already.")
    async with lease:
        while True:
            state = await agent.aget_state(config)
            waiting = paused_requests(state.interrupts)
            if not state.next or len(waiting) < len(state.interrupts):
                return state.values
            if waiting:
                await gate.until_decided(waiting)
            await agent.ainvoke(None, config, durability="sync")
