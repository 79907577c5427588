"""What the Slack door calls to start an agent task: choose the agent, open the thread, run.

Built by the composition root with the agents of the configuration. Steps and the answer are told
in the task's thread; its cards stand in the channel itself, where approvers see them (ADR-0012).
"""

from collections.abc import Sequence

from approvals.domain.ids import RunId
from approvals.operations.ports import Ids
from bot.agents.running_tasks import RunningTasks
from bot.agents.spec import AgentSpec, AgentTask
from bot.agents.task_runner import choose_agent
from bot.slack.commands import TaskStart


class Tasks:
    """The agent tasks of one gateway."""

    def __init__(self, agents: Sequence[AgentSpec], ids: Ids) -> None:
        """Take the *agents* people may start; none is fine."""
        self._agents = agents
        self._ids = ids
        self._running = RunningTasks()

    async def start(self, asked: TaskStart) -> None:
        """Accept a task; it goes on after this returns.

        Raises:
            AgentUnknown, AgentNotInChannel, TooManyTasks
        """
        spec = choose_agent(self._agents, channel_id=asked.channel)
        await asked.thread.root_ts()
        task = AgentTask(
            run_id=RunId(self._ids.ulid()),
            channel_id=asked.channel,
            requester_id=asked.user,
            team_id=asked.team,
            prompt=asked.text,
        )
        self._running.start(task, spec, asked.thread)

    async def close(self) -> None:
        """Stop every running task; questions they asked under a key stay open."""
        await self._running.close()
