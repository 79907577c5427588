"""Runs in tests: their messenger, and an agent that does what the test says, step by step."""

from dataclasses import dataclass, field
from datetime import datetime

from approvals.domain.ids import ChannelId, RunId, UserId
from approvals.domain.jobs import Job, JobKind
from approvals.domain.run import Run
from approvals.gate.exceptions import CallPaused
from approvals.gate.gateway import Clearance
from approvals.operations.deliver_outbox import deliver, take_jobs
from approvals.operations.deliver_run import deliver_run
from approvals.operations.ports import NotNow, Posted, Undeliverable
from approvals.operations.resume_run import TakenRun, resume_run
from approvals.operations.run_messenger import RunContent
from approvals.operations.start_run import Task, start_run
from tests.engine.gateway_in_test import OPS, GatewayInTest, proposal
from tests.fakes.people import ALICE, TEAM


@dataclass
class FakeRunMessenger:
    """Implements the `RunMessenger` port; keeps what each thread was told."""

    roots: list[RunContent] = field(default_factory=list)
    updates: list[RunContent] = field(default_factory=list)
    answers: list[RunContent] = field(default_factory=list)
    trouble: NotNow | Undeliverable | None = None

    async def post_run(self, content: RunContent, *, now: datetime) -> Posted:
        if self.trouble is not None:
            raise self.trouble
        self.roots.append(content)
        return Posted(channel=ChannelId(content.run.channel), ts=f"9{len(self.roots)}.000100")

    async def update_run(self, content: RunContent, *, now: datetime) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.updates.append(content)

    async def post_answer(self, content: RunContent, *, now: datetime) -> Posted:
        if self.trouble is not None:
            raise self.trouble
        self.answers.append(content)
        return Posted(channel=ChannelId(content.run.channel), ts=f"8{len(self.answers)}.000100")


@dataclass
class RunsInTest:
    """What people and a task runner do with the runs of one gateway."""

    gateway: GatewayInTest
    threads: FakeRunMessenger = field(default_factory=FakeRunMessenger)
    resumable: list[Job] = field(default_factory=list)
    """`resume` jobs that were claimed and wait for the test to take them."""

    async def started(self, text: str = "restart web", *, by: UserId = ALICE) -> Run:
        """Start a task and post its root message."""
        run = await start_run(self.gateway.desk, a_task(text, by=by))
        await self.delivered()
        return run

    async def delivered(self) -> None:
        """Deliver cards and threads until nothing is due; keep the resumes for the test."""
        desk = self.gateway.desk
        await self.gateway.settled()
        while jobs := await take_jobs(desk):
            for job in jobs:
                if job.kind is JobKind.RESUME:
                    self.resumable.append(job)
                elif job.kind is JobKind.RUN:
                    await deliver_run(desk, self.threads, job)
                else:
                    await deliver(desk, self.gateway.messenger, job)

    async def taken(self) -> TakenRun | None:
        """Take the run of the oldest resume job; None when it has nothing to go on with."""
        return await resume_run(self.gateway.desk, self.resumable.pop(0))

    async def calls(
        self, run: Run, tool: str = "restart_service", *, call_id: str = "c1"
    ) -> Clearance | CallPaused:
        """Let the run's agent call a tool; return its clearance, or the pause."""
        asked = proposal(
            tool, run_id=run.id, key=f"{run.id}:m1:{call_id}", tool_call_id=call_id, pauses=True
        )
        try:
            return await self.gateway.gateway.ask(asked)
        except CallPaused as paused:
            return paused

    async def read(self, run_id: RunId) -> Run:
        """Return the run as it is stored."""
        run = await self.gateway.store.write(lambda tx: tx.run(run_id))
        assert run is not None
        return run


def a_task(text: str = "restart web", *, by: UserId = ALICE) -> Task:
    return Task(agent="deploy-bot", starter=by, team=TEAM, channel=OPS, text=text)
