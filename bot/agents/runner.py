"""Runs agents' tasks: takes runs that may go on, a bounded number at once, fair to all channels.

The outbox hands it `resume` jobs; a run is a row, so nothing is kept here but what is under way.
Each taken run does one stretch, until it pauses or ends, and leaves its place to the next.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from approvals.domain import run_errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.asked_back import AskedBack
from approvals.domain.errors import StoreUnavailable
from approvals.domain.ids import ChannelId, RunId
from approvals.domain.jobs import Job
from approvals.domain.run import RunCause, RunStatus
from approvals.gate.gateway import Gateway
from approvals.operations.answerer import Said
from approvals.operations.desk import Desk
from approvals.operations.end_run import RunEnding, end_run
from approvals.operations.freeze_copy import FreezeCopy
from approvals.operations.pause_run import pause_run
from approvals.operations.ports import Committed, Transaction
from approvals.operations.put_off_job import put_off_job
from approvals.operations.resume_run import TakenRun, resume_run
from bot.agents.answering import answer_for_run
from bot.agents.built_agents import BuiltAgents
from bot.agents.checkpoints import Place
from bot.agents.errors import CheckpointsUnavailable
from bot.agents.persistence import AT_MOST_S, FIRST_AFTER_S, until_stored
from bot.agents.spec import FindAgent
from bot.agents.stretch import Awaiting, Drain, StretchParts, stretch
from bot.agents.thread import ThreadOf
from bot.agents.waiting_line import WaitingLine

_log = logging.getLogger(__name__)
RUNS_MAX = 20
HALTS_WITHIN_S = 2.0
_RETRY_AFTER_S = 1.0


class Runner:
    """The agent runner of one gateway."""

    def __init__(
        self,
        desk: Desk,
        gateway: Gateway,
        *,
        find_agent: FindAgent,
        thread_of: ThreadOf,
        checkpoints: Place,
        freezes: FreezeCopy,
        runs_max: int = RUNS_MAX,
    ) -> None:
        """Listen to commits, so that a cancelled run stops at once; `run` does the rest.

        Args:
            desk: The ports.
            gateway: What the agents' tools ask.
            find_agent: Returns an agent's configuration as it is now.
            thread_of: Returns where a run tells its steps.
            checkpoints: Where conversations are kept.
            freezes: What is frozen: its runs stop at the end of their step, and wait.
            runs_max: How many runs work at once; the others wait.
        """
        self._desk = desk
        self._runs_max = runs_max
        self._agents = BuiltAgents(gateway, checkpoints)
        self._drain = Drain()
        self._parts = StretchParts(
            desk=desk,
            agents=self._agents,
            find_agent=find_agent,
            thread_of=thread_of,
            drain=self._drain,
        )
        self._wanted: dict[str, Job] = {}
        self._line = WaitingLine()
        self._under_way: dict[asyncio.Task[None], tuple[RunId, ChannelId]] = {}
        self._nudge = asyncio.Event()
        self._freezes = freezes
        desk.store.on_commit(self._hear)
        freezes.on_change(self._stop_frozen)

    def __len__(self) -> int:
        """Return how many runs are under way."""
        return len(self._under_way)

    def want(self, job: Job) -> None:
        """Let the run of a `resume` job go on as soon as there is a place; return at once."""
        self._wanted[job.subject] = job
        self._nudge.set()

    async def answer(self, request: ApprovalRequest, asked: AskedBack) -> Said:
        """Return what the model of the request's run says to an approver; nothing goes on by it.

        Raises:
            CannotAnswer
        """
        return await answer_for_run(self._parts, request, asked)

    async def run(self) -> None:
        """Take runs for ever."""
        while True:
            await self._nudge.wait()
            self._nudge.clear()
            try:
                await self._line_up()
            except Exception as fault:
                # The edge of a loop: whatever is wrong, the runs of all others go on.
                is_down = isinstance(fault, StoreUnavailable)
                _log.error("Runs wait: %s", fault, exc_info=None if is_down else fault)
                await asyncio.sleep(_RETRY_AFTER_S)
                self._nudge.set()
            self._fill()

    async def halt(self) -> None:
        """Take nothing more, and let what is under way come to the end of its step.

        What does not in time is cancelled by `close`; every run goes on at the next start.
        """
        self._drain.request()
        if self._under_way:
            await asyncio.wait(tuple(self._under_way), timeout=HALTS_WITHIN_S)

    async def close(self) -> None:
        """Cancel what is under way and close checkpoints; runs keep their lease for `recover`."""
        self._drain.request()
        running = tuple(self._under_way)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._agents.close()

    def _hear(self, news: Committed) -> None:
        cancelled = {run.id for run in news.runs if run.status is RunStatus.CANCELLED}
        if cancelled:
            for task, (run_id, _) in self._under_way.items():
                if run_id in cancelled:
                    task.cancel()

    def _stop_frozen(self) -> None:
        """Let what is frozen come to the end of its step; it goes on when that has ended."""
        for run_id, channel in self._under_way.values():
            if self._freezes.found(channel) is not None:
                self._drain.request_one(run_id)

    async def _line_up(self) -> None:
        """Put what is wanted into the line of its channel."""
        wanted, self._wanted = self._wanted, {}
        if not wanted:
            return
        try:
            channels = await self._desk.store.write(lambda tx: _channels(tx, tuple(wanted)))
        except BaseException:
            self._wanted = {**wanted, **self._wanted}
            raise
        for subject, job in wanted.items():
            if (channel := channels[subject]) is not None:
                self._line.put(channel, job)

    def _fill(self) -> None:
        while len(self._under_way) < self._runs_max and not self._drain.is_wanted:
            taken = self._line.take(channel for _, channel in self._under_way.values())
            if taken is None:
                return
            channel, job = taken
            task = asyncio.create_task(self._go_on(job), name=f"run {job.subject}")
            self._under_way[task] = (RunId(job.subject), channel)
            task.add_done_callback(self._left)

    def _left(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        self._nudge.set()

    async def _go_on(self, job: Job) -> None:
        try:
            taken = await resume_run(self._desk, job)
        except StoreUnavailable as refusal:
            _log.error("Run %s waits: %s", job.subject, refusal.message)
            await put_off_job(self._desk, job)
            return
        if taken is None:
            return
        try:
            await self._work(taken)
        finally:
            if not self._drain.is_wanted:
                await self._agents.prune(taken.run.conversation)

    async def _work(self, taken: TakenRun) -> None:
        run_id = taken.run.id
        try:
            ended = await self._stretch(taken)
        except Exception:
            # The last place that can see it: nobody awaits a run in the background.
            _log.exception("run %s ended badly", run_id)
            reason = f"The task failed unexpectedly; the log has the details under {run_id}."
            ended = RunEnding(cause=RunCause.ERROR, reason=reason)
        if isinstance(ended, Awaiting):
            requests = ended.requests
            await self._stored(run_id, lambda: pause_run(self._desk, run_id, requests))
        elif ended is not None:
            ending = ended
            await self._stored(run_id, lambda: end_run(self._desk, run_id, ending))

    async def _stretch(self, taken: TakenRun) -> RunEnding | Awaiting | None:
        wait_s = FIRST_AFTER_S
        while True:
            try:
                return await stretch(self._parts, taken)
            except (CheckpointsUnavailable, StoreUnavailable) as fault:
                _log.error("Run %s waits: %s", taken.run.id, fault)
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, AT_MOST_S)

    async def _stored(self, run_id: RunId, store: Callable[[], Awaitable[object]]) -> None:
        try:
            await until_stored(f"run {run_id}", store)
        except run_errors.RunRefused as refused:
            # Somebody cancelled it meanwhile: that stands.
            _log.info("run %s: %s", run_id, refused.message)


def _channels(tx: Transaction, subjects: tuple[str, ...]) -> dict[str, ChannelId | None]:
    return {subject: _channel(tx, subject) for subject in subjects}


def _channel(tx: Transaction, subject: str) -> ChannelId | None:
    """Return where the run is; None for one that cannot be read, which stops no other.

    One that nobody knows has a job all the same, which is finished when it is taken.
    """
    try:
        run = tx.run(RunId(subject), locked=False)
    except StoreUnavailable:
        raise
    except Exception:
        _log.exception("Run %s cannot be read; it is tried again when its lease ends", subject)
        return None
    return run.channel if run is not None else ChannelId("")
