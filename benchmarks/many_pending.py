"""Ten thousand questions pending over one gateway: what the newest one's agent waits, and memory.

Two hundred and five agents, each with a key of its own, wait in one process of agents. Each agent's
gate hears of its 49 questions on one WebSocket, so that there are 205 connections; the fiftieth of
an agent, the most it may have by default, is the one that is decided.

Beside it runs the same program with one question pending, asked and decided in turns. A person
decides over HTTP; the seconds are from sending the decision to the agent's gate having the outcome.
Only how many may wait in all, and how fast they may be asked, is raised, by settings.
"""

import asyncio
import statistics
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass

from benchmarks.elsewhere import Elsewhere
from benchmarks.figures import Figure, Target, bounded, milliseconds
from benchmarks.served import Served, served

AGENTS = 205
OF_EACH = 49
PENDING = AGENTS * OF_EACH
ASKED_TOGETHER = 500
DECISIONS = 25
DROPPED = 5
"""So many decisions of each side warm up."""
WITHIN_S = 280
SETTINGS = {"SAYSO_PENDING_MAX": str(2 * PENDING), "SAYSO_NEW_PER_MINUTE": "10000"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    seconds: list[tuple[float, float]]
    """With all pending, and with one."""
    gateway_bytes: float
    agents_bytes: float
    pending: int
    asked_in_s: float


def run() -> list[Figure]:
    """Measure."""
    found = bounded(_measured(), within_s=WITHIN_S)
    many, one = (statistics.median(side) for side in zip(*found.seconds, strict=True))
    said = f"{found.pending} pending, asked in {found.asked_in_s:.0f} s"
    return [
        Figure(
            name="many_pending, the newest told",
            rounds=[many / one],
            target=Target(limit=2),
            detail=f"p50 {milliseconds(many)} against {milliseconds(one)}; {said}",
            ours=lambda: bounded(_measured(), within_s=WITHIN_S),
        ),
        _memory("the gateway", found.gateway_bytes),
        _memory("the agents", found.agents_bytes),
    ]


def _memory(whose: str, of_each_bytes: float) -> Figure:
    return Figure(
        name=f"many_pending, memory of {whose}",
        rounds=[of_each_bytes / 1e3],
        target=Target(limit=10),
        unit=" kB a question",
        detail="process, resident",
    )


async def _measured() -> _Measured:
    async with AsyncExitStack() as stack:
        many = await stack.enter_async_context(served(SETTINGS))
        one = await stack.enter_async_context(served(SETTINGS))
        crowd = await stack.enter_async_context(Elsewhere.running())
        alone = await stack.enter_async_context(Elsewhere.running())
        await _open(many, crowd, AGENTS)
        await _open(one, alone, 1)
        # Everything is there that the first questions bring: connections, caches, code.
        await _ask(many, crowd, [(agent, agent) for agent in range(AGENTS)])
        before = many.memory_bytes(), await crowd.memory_bytes()
        began_at = time.perf_counter()
        for first in range(AGENTS, PENDING, ASKED_TOGETHER):
            numbers = range(first, min(first + ASKED_TOGETHER, PENDING))
            await _ask(many, crowd, [(number % AGENTS, number) for number in numbers])
        asked_in_s = time.perf_counter() - began_at
        await asyncio.sleep(3)
        after = many.memory_bytes(), await crowd.memory_bytes()
        more = PENDING - AGENTS
        pending = many.pending()
        seconds = [
            (
                await _decided(many, crowd, number % AGENTS, PENDING + number),
                await _decided(one, alone, 0, PENDING + number),
            )
            for number in range(DROPPED + DECISIONS)
        ]
        return _Measured(
            seconds=seconds[DROPPED:],
            gateway_bytes=(after[0] - before[0]) / more,
            agents_bytes=(after[1] - before[1]) / more,
            pending=pending,
            asked_in_s=asked_in_s,
        )


async def _open(gateway: Served, agents: Elsewhere, count: int) -> None:
    (channel,) = gateway.channels
    keys = [await gateway.agent_key(f"bot-{number}", channel) for number in range(count)]
    await agents.open([(gateway.url, key) for key in keys])


async def _ask(gateway: Served, agents: Elsewhere, questions: list[tuple[int, int]]) -> None:
    """Let the agents ask, and return when all of it is stored."""
    wanted = gateway.pending() + len(questions)
    await agents.ask(questions)
    while gateway.pending() < wanted:
        await asyncio.sleep(0.1)


async def _decided(gateway: Served, agents: Elsewhere, agent: int, number: int) -> float:
    """Ask the newest question, let a person decide it, and return how long its agent waited."""
    before = gateway.pending()
    (told,) = await agents.ask([(agent, number)])
    while gateway.pending() == before:
        await asyncio.sleep(0.02)
    request_id = await gateway.newest()
    said = await gateway.reviewed(request_id)
    await asyncio.sleep(0.1)
    sent_at = time.perf_counter()
    async with gateway.approver.post(f"/v1/approvals/{request_id}/decisions", json=said) as answer:
        assert answer.status == 201, await answer.text()
    return await told - sent_at
