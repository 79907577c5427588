"""How far a task has gone, against its limits (X8: an agent in a loop is stopped, not fed).

Asked by the agent's middleware before each model turn and each tool call. A tool call over the
limit is answered without running, so that its siblings can end; the next turn then stops the task.
"""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from bot.agents.spec import TaskLimits


class TaskStopped(Exception):
    """The task was stopped by a limit; the message is for the thread."""


class TaskBudget:
    """The counters of one task."""

    def __init__(self, limits: TaskLimits) -> None:
        self._limits = limits
        self._turns = 0
        self._calls = 0
        self._tokens = 0
        self._failures: Counter[str] = Counter()
        self._stop: str | None = None

    def start_turn(self) -> None:
        """Count a model turn.

        Raises:
            TaskStopped: a limit is reached.
        """
        self._turns += 1
        if self._turns > self._limits.model_turns_max:
            self._stop = f"the model took more than {self._limits.model_turns_max} turns"
        if self._tokens > self._limits.tokens_max:
            self._stop = f"the model used more than {self._limits.tokens_max:,} tokens"
        if self._stop is not None:
            raise TaskStopped(f"Stopped: {self._stop}. What ran until here is above.")

    def count_tokens(self, tokens: int) -> None:
        """Add what one turn used."""
        self._tokens += tokens

    def start_call(self, tool: str, arguments: Mapping[str, Any]) -> str | None:
        """Count a tool call; return why it may not run, or None."""
        self._calls += 1
        if self._calls > self._limits.tool_calls_max:
            self._stop = f"the model asked for more than {self._limits.tool_calls_max} tool calls"
            return "Not run: this task has used up its tool calls."
        if self._failures[_signature(tool, arguments)] >= self._limits.same_failure_max:
            self._stop = f"the model repeated a call of {tool} that had failed each time"
            return "Not run: the same call has failed before; do not repeat it."
        return None

    def note_failure(self, tool: str, arguments: Mapping[str, Any]) -> None:
        """Remember a call that failed or was refused."""
        self._failures[_signature(tool, arguments)] += 1


def _signature(tool: str, arguments: Mapping[str, Any]) -> str:
    return json.dumps([tool, arguments], sort_keys=True, default=str)
