"""What a gateway's processor does while a thousand wait and nothing happens, in three ways.

A thousand questions of twenty agents, fifty each, are waited for by the waiting parts of the remote
gate in another process: by long poll, a connection for each question; by a stream for each agent,
as the gate does; and by a stream for each question, as a thousand agents with one question would.
Counted is the processor of `sayso serve`, less what it takes while nobody waits for the same
questions.
"""

import asyncio
from contextlib import AsyncExitStack

from benchmarks.elsewhere import Elsewhere
from benchmarks.figures import Figure, bounded
from benchmarks.served import Served, served

AGENTS = 20
OF_EACH = 50
WAITERS = AGENTS * OF_EACH
WINDOW_S = 25
"""As long as the gate lets a poll wait, so that each waiter asks once; and a heartbeat or more."""
SETTLE_S = {"stream": 8, "streams": 28, "polls": 8}
"""Each waiter reads its question and opens its connection; a stream that takes more than two
seconds to open is preceded by one poll, whose time has to be over.
"""
WITHIN_S = 240
SETTINGS = {"SAYSO_NEW_PER_MINUTE": "10000"}
WAYS = {
    "stream": f"{AGENTS} streams, one for each agent",
    "streams": "streams, one for each",
    "polls": "long polls, a connection for each",
}
"""Polls come last: those nobody waits for any more end when their time is over."""


def run() -> list[Figure]:
    """Measure."""
    nobody, found = bounded(_measured(), within_s=WITHIN_S)
    return [
        Figure(
            name=f"idle_waiters, {WAYS[way]}",
            rounds=[spent_ms - nobody],
            unit=" ms of CPU a second",
            detail=f"{connections} connections at the end; {nobody:.3g} ms more while nobody waits",
        )
        for way, (spent_ms, connections) in found.items()
    ]


async def _measured() -> tuple[float, dict[str, tuple[float, int]]]:
    """Return the ms of processor a second: while nobody waits, and by way."""
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(served(SETTINGS))
        (channel,) = gateway.channels
        keys = [await gateway.agent_key(f"bot-{number}", channel) for number in range(AGENTS)]
        async with Elsewhere.running() as askers:  # they end as a crash would: the questions stay
            questions = await _asked(gateway, askers, keys)
        await gateway.quiet()
        nobody = await _spent_ms(gateway, WINDOW_S / 5)
        agents = await stack.enter_async_context(Elsewhere.running())
        found: dict[str, tuple[float, int]] = {}
        for way in WAYS:
            await agents.wait(way, questions)
            await asyncio.sleep(SETTLE_S[way])
            spent_ms = await _spent_ms(gateway, WINDOW_S)
            found[way] = (spent_ms, gateway.connections())
            await agents.leave()
        return nobody, found


async def _spent_ms(gateway: Served, window_s: float) -> float:
    before = gateway.cpu_s()
    await asyncio.sleep(window_s)
    return (gateway.cpu_s() - before) / window_s * 1e3


async def _asked(gateway: Served, agents: Elsewhere, keys: list[str]) -> list[tuple[str, str, str]]:
    """Let each agent ask its questions; return the address, key and id of each."""
    await agents.open([(gateway.url, key) for key in keys])
    await agents.ask([(number % AGENTS, number) for number in range(WAITERS)])
    while gateway.pending() < WAITERS:
        await asyncio.sleep(0.1)
    by_agent = {f"bot-{number}": key for number, key in enumerate(keys)}
    return [(gateway.url, by_agent[agent], each) for agent, each in gateway.pending_of_agents()]
