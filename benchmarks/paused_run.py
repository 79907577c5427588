"""Memory of an agent task that waits for a person: none, because it is a row and a checkpoint.

Real runs through the gateway's own runner: each is stored, taken, takes a turn of the scripted
model over HTTP, asks, and pauses. Counted are the bytes of every object that is alive when all is
at rest; the figure is by how much they grow with each run. Nothing is posted, because the local
Slack is in this process and keeps its messages. What a connection or a thread did last stays until
its next turn, at one batch's end and not at another's: thousands of bytes for each run of it on a
busy machine. It only ever adds, so the growth is from the least that some batches left to the least
that as many later ones did.
"""

import asyncio
import gc
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from langchain_core.tools import tool

from approvals.domain.ids import TeamId, UserId
from approvals.domain.run import RunStatus
from approvals.domain.run_lifecycle import resume_job
from approvals.operations.resume_run import TakenRun
from approvals.operations.start_run import Task, start_run
from benchmarks.figures import Figure, Target, bounded
from benchmarks.gateway import PROD, BenchGateway, a_gateway
from bot.agents.runner import Runner
from bot.agents.spec import AgentSpec, ModelSettings, agents_by_name, given_tools
from bot.agents.thread import TaskThread
from bot.demo.scripted_model import MODEL_NAME, ScriptedModel

BATCHES = 14
RUNS = 12
WARM_UP = 60
"""What is bounded is full by then: remembered messages, places and timers."""
AGENT = "ops"
LIMIT_BYTES = 500
"""Below it nothing can be told from noise; one run that is kept takes several thousand."""
_TIMERS = 1_000
_LONG_S = 3_600


def run() -> list[Figure]:
    """Measure."""
    return [
        Figure(
            name="paused_run, memory",
            rounds=[bounded(_growth())],
            target=Target(limit=LIMIT_BYTES),
            unit=" bytes in process",
            detail=f"{WARM_UP + RUNS * BATCHES} runs paused at the end",
            ours=lambda: print(bounded(_where())),
        )
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Agents:
    gateway: BenchGateway
    runner: Runner

    async def paused(self, count: int) -> None:
        """Let *count* more runs pause, one after the other, and return when all is at rest."""
        for _ in range(count):
            await self._one()
        # Threads hold on to what they did last; let that be something else than a paused run.
        await self._one(agent="nobody")
        _forget_cancelled_timers()
        for _ in range(10):
            await self.gateway.desk.store.write(lambda _: None)
            await asyncio.sleep(0.01)
        self.gateway.display.asked.clear()
        for _ in range(3):  # what is collected may close what goes on for a step
            gc.collect()
            await asyncio.sleep(0.02)

    async def _one(self, *, agent: str = AGENT) -> None:
        desk = self.gateway.desk
        task = Task(
            agent=agent,
            starter=UserId("U0ALICE"),
            team=TeamId(self.gateway.slack.team_id),
            channel=PROD,
            text="Restart the checkout service",
        )
        started = await start_run(desk, task)
        self.runner.want(resume_job(started, desk.clock.now()))
        while True:
            now = await desk.store.write(lambda tx: tx.run(started.id))
            assert now is not None
            is_there = now.has_ended if agent != AGENT else now.status is RunStatus.PAUSED
            if is_there and not len(self.runner):
                return
            assert agent != AGENT or not now.has_ended, now.reason
            await asyncio.sleep(0.01)


def _forget_cancelled_timers() -> None:
    """Make asyncio drop cancelled timers, of which it keeps a hundred, each with its context."""
    loop = asyncio.get_running_loop()
    for _ in range(_TIMERS):
        loop.call_later(_LONG_S, gc.collect).cancel()


class _Nowhere(TaskThread):
    async def step(self, text: str) -> None:
        """Tell nobody."""


@tool
async def restart_service(service: str) -> str:
    """Restart a service."""
    return service


@asynccontextmanager
async def _agents() -> AsyncIterator[_Agents]:
    async with a_gateway() as gateway, ScriptedModel() as model:
        settings = ModelSettings(base_url=model.base_url, model=MODEL_NAME, api_key=model.api_key)
        spec = AgentSpec(
            name=AGENT,
            system_prompt="",
            model=settings,
            load_tools=given_tools([restart_service]),
            channels=frozenset({PROD}),
        )
        with tempfile.TemporaryDirectory(prefix="sayso-bench-") as directory:
            runner = Runner(
                gateway.desk,
                gateway.gateway,
                find_agent=agents_by_name([spec]),
                thread_of=_nowhere,
                checkpoints=Path(directory) / "checkpoints.db",
                freezes=gateway.freezes,
            )
            loop = asyncio.create_task(runner.run())
            try:
                yield _Agents(gateway=gateway, runner=runner)
            finally:
                loop.cancel()
                await asyncio.wait({loop})
                await runner.close()


def _nowhere(_: TakenRun) -> TaskThread:
    return _Nowhere()


async def _growth() -> float:
    """Return by how many bytes what is alive grows with each paused run."""
    async with _agents() as agents:
        await agents.paused(WARM_UP)
        held = [await _held(agents) for _ in range(BATCHES)]
    half = BATCHES // 2
    return (min(held[half:]) - min(held[:half])) / (half * RUNS)


async def _held(agents: _Agents) -> int:
    await agents.paused(RUNS)
    return sum(_sizes().values())


def _sizes() -> Counter[str]:
    """Return the bytes of all objects that are alive, by kind; what Python keeps free is not."""
    sizes: Counter[str] = Counter()
    plain: set[int] = set()
    for each in gc.get_objects():
        sizes[_kind(each)] += sys.getsizeof(each)
        for held in gc.get_referents(each):
            if not gc.is_tracked(held) and id(held) not in plain:
                plain.add(id(held))
                sizes[_kind(held)] += sys.getsizeof(held)
    return sizes


def _kind(held: object) -> str:
    return f"{type(held).__module__}.{type(held).__qualname__}"


async def _where() -> str:
    """Return which kinds of objects there are more of after a batch."""
    async with _agents() as agents:
        await agents.paused(WARM_UP)
        before = _sizes()
        await agents.paused(RUNS)
        more = _sizes()
    more.subtract(before)
    return "\n".join(f"{size / RUNS:7.0f} B  {kind}" for kind, size in more.most_common(15))
