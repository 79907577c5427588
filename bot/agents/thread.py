"""Where a run tells what it does: the port from the agent runner to a conversation.

Implemented by the Slack door (a thread) and by test recorders. Text is plain; whoever shows it
escapes it. How a run ended is told by the outbox (`deliver_run`), not here.
"""

from collections.abc import Callable
from typing import Protocol

from approvals.operations.resume_run import TakenRun


class TaskThread(Protocol):
    """One conversation about one run. Called in order, from one task at a time."""

    async def step(self, text: str) -> None:
        """Tell one step: a call that starts, or how it ended."""


ThreadOf = Callable[[TakenRun], TaskThread]
"""Returns where a taken run tells its steps."""
