"""Where a task tells what it does: the port from the agent runner to a conversation.

Implemented by the Slack door (a thread) and by test recorders. Text is plain; whoever shows it
escapes it.
"""

from typing import Protocol


class TaskThread(Protocol):
    """One conversation about one task. Called in order, from one task at a time."""

    async def step(self, text: str) -> None:
        """Tell one step: a call that starts, or how it ended."""

    async def answer(self, text: str) -> None:
        """Tell the final answer; nothing follows it."""

    async def failed(self, text: str) -> None:
        """Tell why there is no answer; nothing follows it."""
