"""What the Slack door calls to start an agent task: choose the agent and run.

Built by the composition root with the agents of the configuration. Steps and the answer are told
in the task's thread; its cards stand in the channel itself, where approvers see them (ADR-0012).
"""

from collections.abc import Sequence

from approvals.domain.ids import RunId
from approvals.operations.ports import Ids
from bot.agents.running_tasks import TASKS_MAX, RunningTasks
from bot.agents.spec import AgentSpec, AgentTask
from bot.agents.task_runner import choose_agent
from bot.slack.commands import TaskStart


class Tasks:
    """The agent tasks of one gateway."""

    def __init__(
        self, agents: Sequence[AgentSpec], ids: Ids, *, tasks_max: int = TASKS_MAX
    ) -> None:
        """Take the *agents* people may start; none is fine."""
        self._agents = agents
        self._ids = ids
        self._running = RunningTasks(tasks_max=tasks_max)

    async def start(self, asked: TaskStart) -> None:
        """Accept a task; it goes on after this returns.

        Raises:
            AgentUnknown, AgentNotInChannel, TooManyTasks
        """
        spec = choose_agent(self._agents, channel_id=asked.channel)
        task = AgentTask(
            run_id=RunId(self._ids.ulid()),
            channel_id=asked.channel,
            requester_id=asked.user,
            team_id=asked.team,
            prompt=asked.text,
        )
        # What is refused here posts nothing; whoever calls opens the thread of what is not.
        self._running.start(task, spec, asked.thread)

    async def close(self) -> None:
        """Stop every running task; questions they asked under a key stay open."""
        await self._running.close()
