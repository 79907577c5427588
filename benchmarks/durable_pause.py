"""CPU of a turn that pauses for a person and is resumed, against LangChain's own middleware.

The same agent with the same scripted model on the same kind of checkpoint file, one call a turn:
ours behind `ApprovalMiddleware`, LangChain's behind `HumanInTheLoopMiddleware` with an approving
resume. Ours is measured twice: over a gateway that answers from memory, which leaves the pause
itself, and over the real one, whose rows are the price of a decision that is nobody's to forge.
The person's click is not counted. Then: a resume amid 20 siblings that still wait, against one of
the same turn whose siblings have all run; beside it LangGraph's bare `interrupt()` amid as many,
because LangGraph enters each of them again. CPU of the whole process, all threads, from a heap
that was just collected, so that no side pays for what another left behind.
"""

import gc
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langgraph.types import Command

from approvals.domain.ids import RequestId
from approvals.gate import Gate
from approvals.gate.langchain import ApprovalMiddleware, paused_requests
from benchmarks.figures import Figure, Target, bounded
from benchmarks.gateway import POLICY, PROD, a_gateway
from benchmarks.pausing import AnswersFromMemory, Bare, OneTurn, approve, restart_service
from bot.agents.checkpoints import open_checkpoints

APART = POLICY.replace("approvers: [sre]", "approvers: [sre]\n    join: false")
"""Each call has a card of its own: identical calls of several rounds would be decided together."""
ROUNDS = 7
TURNS = 40
SIBLINGS = 20
RESUMES = 10
WARM_UP = 5

Decide = Callable[[RequestId], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """One way to pause, and what a person does before it is resumed."""

    agent: Any
    resume: Any
    decide: Decide


def run() -> list[Figure]:
    """Measure."""
    turns, siblings = bounded(_turns()), bounded(_resumes())
    return [
        _figure("one turn", turns, 0, target=Target(limit=1.3)),
        _figure("one turn, our rows too", turns, 1),
        replace(
            _figure(f"a resume amid {SIBLINGS} that wait", siblings, 0, target=Target(limit=2)),
            ours=lambda: bounded(_resumes_alone()),
        ),
        _figure("the same, bare interrupts", siblings, 1),
    ]


def _figure(
    what: str, rounds: Sequence[tuple[float, ...]], side: int, *, target: Target | None = None
) -> Figure:
    return Figure(
        name=f"durable_pause, {what}",
        rounds=[each[side] / each[-1] for each in rounds],
        target=target,
        detail=_detail([each[side] for each in rounds], [each[-1] for each in rounds]),
        ours=lambda: bounded(_ours_alone()),
    )


def _detail(ours: list[float], theirs: list[float]) -> str:
    return f"{statistics.median(ours):.2f} against {statistics.median(theirs):.2f} ms CPU"


async def _turns() -> list[tuple[float, ...]]:
    """Return CPU ms of a turn in each round: ours from memory, ours with rows, LangChain's."""
    async with _sides() as sides:
        for side in sides:
            await _turn_ms(side, WARM_UP)
        return [tuple([await _turn_ms(side, TURNS) for side in sides]) for _ in range(ROUNDS)]


async def _ours_alone() -> None:
    async with _sides() as sides:
        await _turn_ms(sides[0], TURNS * ROUNDS)


async def _resumes_alone() -> None:
    async with _sides() as (_, ours, _theirs):
        await _resume_ms(ours, are_waiting=True, turns=RESUMES * ROUNDS)


@asynccontextmanager
async def _sides() -> AsyncIterator[tuple[_Side, ...]]:
    async with a_gateway(APART) as gateway, _saver() as saver:
        memory = AnswersFromMemory()
        yield (
            _Side(agent=_ours(memory, saver), resume=None, decide=memory.approve),
            _Side(
                agent=_ours(gateway.gateway, saver),
                resume=None,
                decide=lambda request_id: approve(gateway, request_id),
            ),
            _Side(
                agent=_agent(saver, HumanInTheLoopMiddleware({"restart_service": True})),
                resume=Command(resume={"decisions": [{"type": "approve"}]}),
                decide=memory.approve,
            ),
        )


@asynccontextmanager
async def _saver() -> AsyncIterator[Any]:
    with tempfile.TemporaryDirectory(prefix="sayso-bench-") as directory:
        async with open_checkpoints(Path(directory) / "checkpoints.db") as saver:
            yield saver


def _ours(gateway: Any, saver: Any) -> Any:
    gate = Gate(agent="deploy-bot", channel=PROD)
    gate.use(gateway)
    return _agent(saver, ApprovalMiddleware(gate))


def _agent(saver: Any, *middleware: Any) -> Any:
    return create_agent(OneTurn(), [restart_service], middleware=middleware, checkpointer=saver)


_threads = iter(range(10**9))


async def _turn_ms(side: _Side, turns: int) -> float:
    """Return CPU ms of a turn with one call, without the click."""
    spent = 0.0
    gc.collect()
    for _ in range(turns):
        config, paused, cpu = await _paused(side.agent, calls=1)
        spent += cpu
        for request_id in paused_requests(paused.interrupts):
            await side.decide(request_id)
        spent += await _resumed(side, config)
    return spent / turns * 1e3


async def _paused(agent: Any, *, calls: int) -> tuple[dict[str, Any], Any, float]:
    config = {"configurable": {"thread_id": f"T{next(_threads)}"}}
    asked = {"messages": [("user", str(calls))]}
    before = time.process_time()
    paused = await agent.ainvoke(asked, config, version="v2", durability="sync")
    cpu = time.process_time() - before
    assert paused.interrupts
    return config, paused, cpu


async def _resumed(side: _Side, config: dict[str, Any]) -> float:
    before = time.process_time()
    await side.agent.ainvoke(side.resume, config, durability="sync")
    return time.process_time() - before


async def _resumes() -> list[tuple[float, float, float]]:
    """Return CPU ms of one resume in each round: amid siblings, bare amid siblings, with none."""
    async with _sides() as (_, ours, _theirs), _saver() as saver:
        bare = _Side(agent=_agent(saver, Bare()), resume=None, decide=_nothing)
        await _resume_ms(ours, are_waiting=True, turns=1)
        return [
            (
                await _resume_ms(ours, are_waiting=True),
                await _resume_ms(bare, are_waiting=True),
                await _resume_ms(ours, are_waiting=False),
            )
            for _ in range(ROUNDS)
        ]


async def _resume_ms(side: _Side, *, are_waiting: bool, turns: int = RESUMES) -> float:
    """Return CPU ms of resuming one call of a turn whose siblings wait, or have all run."""
    spent = 0.0
    gc.collect()
    for _ in range(turns):
        config, paused, _ = await _paused(side.agent, calls=1 + SIBLINGS)
        first, *others = paused.interrupts
        if not are_waiting:
            for request_id in paused_requests(others):
                await side.decide(request_id)
            await side.agent.ainvoke(None, config, durability="sync")
        for request_id in paused_requests([first]):
            await side.decide(request_id)
        resume: Any = Command(resume={first.id: True}) if side.decide is _nothing else None
        spent += await _resumed(replace(side, resume=resume), config)
    return spent / turns * 1e3


async def _nothing(_: RequestId) -> None:
    """A bare interrupt is let go by the value it is resumed with."""
