"""The agent tasks that run now: started by a door that answers at once, stopped with the program.

Made once by the composition root. Bounded, so that a busy channel cannot fill the memory; a task
that is refused here was not started at all.
"""

import asyncio
import logging

from bot.agents.errors import AgentNotInChannel, TooManyTasks
from bot.agents.spec import AgentSpec, AgentTask
from bot.agents.task_runner import run_task
from bot.agents.thread import TaskThread

_log = logging.getLogger(__name__)
TASKS_MAX = 50


class RunningTasks:
    """Runs agent tasks in the background of one event loop."""

    def __init__(self, *, tasks_max: int = TASKS_MAX) -> None:
        self._tasks_max = tasks_max
        self._running: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def start(self, task: AgentTask, spec: AgentSpec, thread: TaskThread) -> None:
        """Start *task* and return at once; how it goes is told to *thread*.

        Raises:
            AgentNotInChannel: the agent may not be started in the task's channel.
            TooManyTasks: too many tasks run already.
        """
        if task.channel_id not in spec.channels:
            raise AgentNotInChannel
        if len(self._running) >= self._tasks_max:
            raise TooManyTasks(
                f"{self._tasks_max} agent tasks run already. Try again when one has ended."
            )
        running = asyncio.create_task(self._run(task, spec, thread), name=f"task {task.run_id}")
        self._running.add(running)
        running.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Cancel every task and wait until all have ended; questions they asked stay open."""
        running = tuple(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, task: AgentTask, spec: AgentSpec, thread: TaskThread) -> None:
        try:
            await run_task(task, spec, thread)
        except Exception:
            # The last place that can see it: nobody awaits a task in the background.
            _log.exception("task %s ended badly", task.run_id)
