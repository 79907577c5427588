"""What the Slack door calls to start an agent task, and where the task's thread is told.

Built by the composition root. A task is a run: a row, taken by the agent runner once its root
message stands. Its cards stand in the channel itself, where approvers see them (ADR-0012).
"""

from datetime import datetime

from approvals.domain.ids import RunId
from approvals.domain.run import Run, RunThread
from approvals.operations.desk import Desk
from approvals.operations.ports import Posted, Undeliverable
from approvals.operations.resume_run import TakenRun
from approvals.operations.run_messenger import RunContent
from approvals.operations.start_run import Task, start_run
from bot.agents.choice import choose_agent
from bot.agents.spec import AgentSpec
from bot.slack.commands import TaskStart
from bot.slack.task_thread import SlackThread
from bot.slack.web_api import WebApi


class Tasks:
    """The agent tasks of one gateway, as Slack sees them; implements `RunMessenger`."""

    def __init__(self, desk: Desk, api: WebApi, agents: tuple[AgentSpec, ...]) -> None:
        """Take the *agents* people may start; none is fine."""
        self._desk = desk
        self._api = api
        self._agents = agents
        self._opening: dict[RunId, SlackThread] = {}
        """Threads whose first message the command and the outbox may both post, once."""

    async def start(self, asked: TaskStart) -> None:
        """Accept a task; it goes on after this returns.

        Raises:
            AgentUnknown, AgentNotInChannel, TaskTooLong
        """
        spec = choose_agent(self._agents, channel_id=asked.channel)
        task = Task(
            agent=spec.name,
            starter=asked.user,
            team=asked.team,
            channel=asked.channel,
            text=asked.text,
        )
        run = await start_run(self._desk, task)
        self._opening[run.id] = asked.thread

    def thread_of(self, taken: TakenRun) -> SlackThread:
        """Return where a run tells its steps."""
        return self._thread(taken.run, taken.thread)

    async def post_run(self, content: RunContent, *, now: datetime) -> Posted:
        """Post the root message."""
        run = content.run
        thread = self._opening.pop(run.id, None) or self._thread(run, content.thread)
        root = await thread.root_ts()
        if root is None:
            raise Undeliverable("not_posted")
        return Posted(channel=run.channel, ts=root)

    async def update_run(self, content: RunContent, *, now: datetime) -> None:
        """Change nothing: the root message says who asked what."""

    async def post_answer(self, content: RunContent, *, now: datetime) -> Posted:
        """Post the answer, or why there is none."""
        run, root = content.run, content.thread.replies_to
        thread = self._thread(run, content.thread)
        if run.answer is not None:
            await thread.answer(run.answer)
        else:
            await thread.failed(run.reason or "no reason is known")
        return Posted(channel=run.channel, ts=root or "")

    def _thread(self, run: Run, thread: RunThread) -> SlackThread:
        return SlackThread(
            self._api,
            channel=run.channel,
            asked_by=run.starter,
            prompt=run.task,
            root=thread.replies_to,
        )
