"""A gateway with its agent runner, as the composition root wires them; opened again after a stop.

Real store, real outbox, real LangGraph on its own checkpoint file; people, Slack and the model are
the tests'.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import Pressed
from approvals.domain.decision import Verdict
from approvals.domain.ids import ChannelId, RequestId, RunId
from approvals.domain.permit import Permit, Settlement, is_unsettled
from approvals.domain.run import Run, RunStatus
from approvals.operations.click import Click
from approvals.operations.ports import Clock
from approvals.operations.read_card import read_cards
from approvals.operations.recover import recover
from approvals.operations.resume_run import TakenRun
from approvals.operations.settle_call import settle_call
from approvals.operations.start_run import Task, start_run
from bot.agents.checkpoints import Place
from bot.agents.runner import Runner
from bot.agents.spec import AgentSpec, agents_by_name
from bot.answers import Answers
from bot.background import Outbox, deliveries
from bot.loops import Loops
from tests.agents.builders import AGENT, RecordingThread
from tests.engine.gateway_in_test import OPS, POLICY, GatewayInTest, a_gateway
from tests.engine.runs_in_test import FakeRunMessenger
from tests.fakes.people import ALICE, TEAM
from tests.waiting import until


@dataclass
class RunningAgents:
    """The runner under test and what people do with it."""

    gateway: GatewayInTest
    runner: Runner
    outbox: Outbox
    loops: Loops
    said: dict[RunId, RecordingThread] = field(default_factory=dict)
    threads: FakeRunMessenger = field(default_factory=FakeRunMessenger)

    async def started(
        self, text: str = "go", *, agent: str = AGENT, channel: ChannelId = OPS
    ) -> Run:
        """Start a task; it goes on by itself."""
        task = Task(agent=agent, starter=ALICE, team=TEAM, channel=channel, text=text)
        return await start_run(self.gateway.desk, task)

    async def read(self, run_id: RunId) -> Run:
        """Return the run as it is stored."""
        run = await self.gateway.store.write(lambda tx: tx.run(run_id))
        assert run is not None
        return run

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Wait until something holds."""
        await until(holds)

    async def ended(self, run: Run) -> Run:
        """Wait until the run has ended and return it."""
        await self.until(lambda: self._is(run.id, has_ended=True))
        return await self.read(run.id)

    async def paused(self, run: Run, *, asking: int = 1) -> list[ApprovalRequest]:
        """Wait until the run is paused with so many pending questions, their cards posted."""

        async def is_paused() -> bool:
            now = await self.read(run.id)
            asked = await self.open_requests(run)
            cards = {each.id for each in self.gateway.messenger.asked}
            return (
                now.status is RunStatus.PAUSED
                and len(asked) == asking
                and all(each.is_pending and each.id in cards for each in asked)
            )

        await self.until(is_paused)
        return await self.open_requests(run)

    async def interrupted(self, run: Run) -> ApprovalRequest:
        """Wait until the run is paused because nobody knows how its one open call ended."""
        found: list[ApprovalRequest] = []

        async def waits_for_a_person() -> bool:
            found[:] = await self.open_requests(run)
            permits = await self.gateway.store.write(lambda tx: [tx.permit(r.id) for r in found])
            status = (await self.read(run.id)).status
            if not any("was interrupted" in step for step in self.steps(run)):
                return False
            is_lost = [permit is not None and is_unsettled(permit) for permit in permits] == [True]
            return is_lost and status is RunStatus.PAUSED and await self.is_idle()

        await self.until(waits_for_a_person)
        return found[0]

    async def settled(self, request_id: RequestId, settlement: Settlement) -> None:
        """Say on the call's card what became of it, as who started the run."""
        (content, *_) = await read_cards(self.gateway.desk, request_id)
        card = content.card
        pressed = Pressed(user=ALICE, nonce=card.nonce, channel=card.channel, ts=card.ts or "")
        click = Click(request_id=request_id, verdict=Verdict.APPROVE, pressed=pressed, team=TEAM)
        answer = await settle_call(self.gateway.desk, click, settlement)
        assert answer.refusal is None

    async def permit(self, request_id: RequestId) -> Permit:
        """Return the permit of a request."""
        permit = await self.gateway.store.write(lambda tx: tx.permit(request_id))
        assert permit is not None
        return permit

    async def is_idle(self) -> bool:
        """Whether no run is under way."""
        return len(self.runner) == 0

    async def open_requests(self, run: Run) -> list[ApprovalRequest]:
        """Return what is open of the run."""
        return list(await self.gateway.store.write(lambda tx: tx.requests_of_run(run.id)))

    async def answered(self, run: Run, *, verdict: Verdict = Verdict.APPROVE, **also: Any) -> None:
        """Wait for the run's one question and decide it."""
        (request,) = await self.paused(run)
        await self.gateway.clicks(request.id, verdict=verdict, **also)

    def steps(self, run: Run) -> list[str]:
        """Return what the run's thread was told, over all its stretches in this process."""
        return self.said[run.id].steps if run.id in self.said else []

    async def stop(self) -> None:
        """Stop as a deploy does: at the end of the step."""
        await self.runner.halt()
        await self.gateway.gateway.close()
        await self.drop()

    async def drop(self) -> None:
        """Stop at once, wherever the runs are."""
        await self.runner.close()
        await self.loops.close()

    async def _is(self, run_id: RunId, *, has_ended: bool) -> bool:
        return (await self.read(run_id)).has_ended is has_ended


@asynccontextmanager
async def running_agents(
    path: Path,
    agents: AgentSpec | Sequence[AgentSpec],
    *,
    policy: str = POLICY,
    clock: Clock | None = None,
    owner: str = "gateway-1",
    checkpoints: Place | None = None,
    **also: Any,
) -> AsyncIterator[RunningAgents]:
    """Open the gateway whose files are in *path*, with *agents*; another *owner* is a restart."""
    specs = [agents] if isinstance(agents, AgentSpec) else agents
    specs = [replace(spec, channels=spec.channels | {OPS}) for spec in specs]
    async with a_gateway(path / "sayso.db", policy=policy, clock=clock, owner=owner) as gateway:
        await recover(gateway.desk)
        said: dict[RunId, RecordingThread] = {}

        def thread_of(taken: TakenRun) -> RecordingThread:
            return said.setdefault(taken.run.id, RecordingThread())

        runner = Runner(
            gateway.desk,
            gateway.gateway,
            find_agent=agents_by_name(specs),
            thread_of=thread_of,
            checkpoints=checkpoints or path / "checkpoints.db",
            freezes=gateway.freezes,
            **also,
        )
        threads = FakeRunMessenger()
        desk = gateway.desk
        outbox = Outbox(
            desk,
            deliveries(
                desk,
                gateway.messenger,
                threads,
                agents=Answers(gateway=gateway.gateway, runner=runner),
            ),
            resume=runner.want,
        )
        loops = Loops()
        loops.start("outbox", outbox.run())
        loops.start("agents", runner.run())
        try:
            yield RunningAgents(gateway, runner, outbox, loops, said, threads)
        finally:
            await runner.close()
            await loops.close()


ALLOWED = """
version: 1
defaults: {channel: "#ops", unmatched: ask, timeout: 15m}
people:
  sre: {users: [U0BOB, U0CAROL]}
channels:
  "#ops":
    id: C0OPS
    approvers: [sre]
    rules:
      - {tool: "*", effect: allow}
"""
"""Nobody is asked about anything."""


async def one_run(
    path: Path, spec: AgentSpec, text: str = "go", *, policy: str = ALLOWED, **also: Any
) -> tuple[Run, list[str]]:
    """Run one task to its end; return the run and what its thread was told."""
    async with running_agents(path, spec, policy=policy, **also) as agents:
        run = await agents.ended(await agents.started(text))
        return run, agents.steps(run)
