"""Letting a paused LangGraph graph go on, for graphs that are not the bot's own agents.

The bot keeps a row for each run and a lease on it. Here the graph, its checkpointer and its thread
are the caller's; one process resumes a thread at a time, and the rows keep each call at one run.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakValueDictionary

from approvals.domain import run_errors
from approvals.domain.ids import RequestId
from approvals.gate.gate import Gate
from approvals.gate.langchain_middleware import PAUSE_KIND, PAUSE_VERSION

_LEASES: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


def paused_requests(interrupts: Any) -> tuple[RequestId, ...]:
    """Return the requests that LangGraph's *interrupts* wait for; other interrupts are left out.

    Raises:
        PauseUnreadable: a pause of ours that this program cannot read.
    """
    values = (getattr(each, "value", None) for each in interrupts)
    return tuple(
        _request_id(value)
        for value in values
        if isinstance(value, Mapping) and value.get("type") == PAUSE_KIND
    )


async def resume_paused(agent: Any, config: Mapping[str, Any], *, gate: Gate) -> Any:
    """Wait for decisions and let the paused thread of *config* go on until it ends.

    Safe to call again after a crash: nothing of it is in memory but the wait. The thread's other
    interrupts, which are not ours, end it too: they are the caller's to answer. So does a
    breakpoint of the graph.

    Args:
        agent: A compiled graph with a checkpointer, whose tools stand behind `ApprovalMiddleware`.
        config: Names the `thread_id`.
        gate: The gate the middleware uses, connected.

    Returns:
        The graph's state values, as `ainvoke` returns them.

    Raises:
        RunNotReady: this process resumes the same thread already.
        PauseUnreadable: the thread waits in a pause that this program cannot read.
        CallUnavailable: the gateway closed while it waited.
    """
    async with leased(config):
        has_gone_on = False
        while True:
            state = await agent.aget_state(config)
            waiting = paused_requests(state.interrupts)
            # `next` leaves out tasks whose result is kept and not yet built upon.
            is_done = not state.tasks or len(waiting) < len(state.interrupts)
            if is_done or (has_gone_on and not waiting):
                return state.values
            if waiting:
                await gate.until_decided(waiting)
            await agent.ainvoke(None, config, durability="sync")
            has_gone_on = True


@asynccontextmanager
async def leased(config: Mapping[str, Any]) -> AsyncIterator[str]:
    """Keep the thread of *config*, whose id it yields, to one resumer of this process.

    Raises:
        RunNotReady: another holds it.
    """
    thread = str(config["configurable"]["thread_id"])
    lease = _LEASES.setdefault(thread, asyncio.Lock())
    if lease.locked():
        raise run_errors.RunNotReady(f"Thread {thread} is being resumed already.")
    async with lease:
        yield thread


def _request_id(value: Mapping[str, Any]) -> RequestId:
    version, request_id = value.get("version"), value.get("request_id")
    is_known = type(version) is int and version == PAUSE_VERSION
    if not (is_known and isinstance(request_id, str) and request_id):
        raise run_errors.PauseUnreadable(
            f"A pause of version {version!r} is stored, and this program reads version "
            f"{PAUSE_VERSION}. Resume it with the program that stored it, or a newer one."
        )
    return RequestId(request_id)
