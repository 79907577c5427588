"""Starts agent tasks for the Slack door and keeps them until they end or the gateway does.

The composition root builds it with the agents of the configuration. A task is
told in the thread it was started from.
"""

import asyncio
import logging
from collections.abc import Sequence

from approvals.domain import errors
from approvals.domain.ids import RunId
from approvals.operations.ports import Ids
from bot.agents.spec import AgentSpec, AgentTask
from bot.agents.task_runner import choose_agent, run_task
from bot.slack.commands import TaskStart

_log = logging.getLogger("sayso.tasks")

TASKS_MAX = 50


class TooManyTasks(errors.Refusal):
    """The gateway already runs as many agent tasks as it may. Try again when one has ended."""

    code = "too_many_tasks"


class Tasks:
    """The running agent tasks of one gateway."""

    def __init__(self, agents: Sequence[AgentSpec], ids: Ids) -> None:
        """Take the *agents* people may start; none is fine."""
        self._agents = agents
        self._ids = ids
        self._running: set[asyncio.Task[None]] = set()

    async def start(self, asked: TaskStart) -> None:
        """Accept a task; it goes on after this returns.

        Raises:
            AgentUnknown, AgentNotInChannel, TooManyTasks
        """
        spec = choose_agent(self._agents, channel_id=asked.channel)
        if len(self._running) >= TASKS_MAX:
            raise TooManyTasks
        running = asyncio.create_task(self._run(asked, spec))
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Stop every running task; questions they asked under a key stay open."""
        for running in self._running:
            running.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=1)

    async def _run(self, asked: TaskStart, spec: AgentSpec) -> None:
        task = AgentTask(
            run_id=RunId(self._ids.ulid()),
            channel_id=asked.channel,
            requester_id=asked.user,
            team_id=asked.team,
            prompt=asked.text,
            thread_ts=await asked.thread.root_ts(),
        )
        try:
            await run_task(task, spec, asked.thread)
        except Exception:
            # The edge of a task: whatever went wrong, its thread must not stay silent.
            _log.exception("task %s failed", task.run_id)
            await asked.thread.failed(
                f"The task failed unexpectedly; the log has the details under {task.run_id}."
            )
