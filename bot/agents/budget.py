"""How far a run has gone, against its limits (X8: an agent in a loop is stopped, not fed).

Counted anew from the run's own messages at each turn and call, so that a pause or a restart forgets
nothing and nothing has to be stored. A tool call over a limit is answered without running, so that
its siblings can end; the next turn then stops the run. Messages are read by their shape.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from approvals.domain.durations import format_duration
from bot.agents.errors import TaskStopped
from bot.agents.spec import ModelSettings, TaskLimits

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a run's messages show of its way so far."""

    turns: int
    calls: int
    """Tool calls the model has asked for."""
    answered: int
    """Those of them that have their result."""
    tokens_in: int
    tokens_out: int
    failures: Counter[str]
    """Failed or refused calls, by what was called with what."""

    def with_tokens(self, tokens_in: int, tokens_out: int) -> "Spent":
        """Return the same with tokens that stand in no message of the run."""
        return replace(
            self, tokens_in=self.tokens_in + tokens_in, tokens_out=self.tokens_out + tokens_out
        )

    @property
    def tokens(self) -> int:
        """Return the tokens read and written."""
        return self.tokens_in + self.tokens_out

    @property
    def steps(self) -> int:
        """Return the model turns and finished tool calls."""
        return self.turns + self.answered


def spent(messages: Sequence[Any]) -> Spent:
    """Return what *messages*, those since the run's task, show."""
    turns = calls = answered = tokens_in = tokens_out = 0
    failures: Counter[str] = Counter()
    asked: dict[str, str] = {}
    for message in messages:
        if message.type == "ai":
            turns += 1
            calls += len(message.tool_calls)
            # Ids of calls repeat between the messages of small models: the last one counts.
            asked = {
                call["id"]: signature(call["name"], call["args"]) for call in message.tool_calls
            }
            usage = message.usage_metadata or {}
            tokens_in += usage.get("input_tokens", 0)
            tokens_out += usage.get("output_tokens", 0)
        elif message.type == "tool":
            answered += 1
            if message.status == "error" and message.tool_call_id in asked:
                failures[asked[message.tool_call_id]] += 1
    return Spent(
        turns=turns,
        calls=calls,
        answered=answered,
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        failures=failures,
    )


def usd(so_far: Spent, model: ModelSettings) -> float:
    """Return what the model turns cost, by the model's prices."""
    price_in = so_far.tokens_in * model.usd_per_million_in
    return (price_in + so_far.tokens_out * model.usd_per_million_out) / _MILLION


def refuse_turn(
    so_far: Spent, limits: TaskLimits, *, model: ModelSettings, active: timedelta
) -> None:
    """Let the model take another turn, or say why not.

    Raises:
        TaskStopped: a limit is reached.
    """
    why = _reached(so_far, limits, model=model, active=active)
    if why is not None:
        raise TaskStopped(f"Stopped: {why}. What ran until here is above.")


def refuse_words(so_far: Spent, limits: TaskLimits, *, model: ModelSettings) -> str | None:
    """Return why the model may not answer a question beside its turns, or None."""
    cost = usd(so_far, model)
    return next((why for is_reached, why in _spent_up(so_far, limits, cost) if is_reached), None)


def too_long(limits: TaskLimits) -> str:
    """Return the reason of a run whose time is over."""
    return f"Stopped: {_too_long(limits)}. What ran until here is above."


def refuse_call(
    so_far: Spent, limits: TaskLimits, *, tool: str, arguments: Mapping[str, Any], place: int
) -> str | None:
    """Return why a tool call may not run, or None.

    Args:
        so_far: The run before the turn that asks for it.
        limits: The agent's.
        tool: Its name.
        arguments: As the model wrote them.
        place: Which of its turn's calls it is, from 1.
    """
    if so_far.calls + place > limits.tool_calls_max:
        return "Not run: this task has used up its tool calls."
    if so_far.failures[signature(tool, arguments)] >= limits.same_failure_max:
        return "Not run: the same call has failed before; do not repeat it."
    return None


def signature(tool: str, arguments: Mapping[str, Any]) -> str:
    """Return what tells calls apart: the tool and its arguments."""
    return json.dumps([tool, arguments], sort_keys=True, default=str)


def _reached(
    so_far: Spent, limits: TaskLimits, *, model: ModelSettings, active: timedelta
) -> str | None:
    cost = usd(so_far, model)
    repeated = [each for each, n in so_far.failures.items() if n > limits.same_failure_max]
    reached = (
        (
            bool(repeated),
            f"the model repeated a call of {_tool(repeated)} that had failed each time",
        ),
        (
            so_far.calls > limits.tool_calls_max,
            f"the model asked for more than {limits.tool_calls_max} tool calls",
        ),
        (
            so_far.turns >= limits.model_turns_max,
            f"the model took more than {limits.model_turns_max} turns",
        ),
        *_spent_up(so_far, limits, cost),
        (active > limits.active_max, _too_long(limits)),
    )
    return next((why for is_reached, why in reached if is_reached), None)


def _spent_up(so_far: Spent, limits: TaskLimits, cost: float) -> tuple[tuple[bool, str], ...]:
    return (
        (
            so_far.tokens > limits.tokens_max,
            f"the model used more than {limits.tokens_max:,} tokens",
        ),
        (
            limits.usd_max is not None and cost > limits.usd_max,
            f"the model cost more than {limits.usd_max:g} USD" if limits.usd_max else "",
        ),
    )


def _too_long(limits: TaskLimits) -> str:
    return f"it worked for more than {format_duration(limits.active_max)}"


def _tool(repeated: Sequence[str]) -> str:
    return str(json.loads(repeated[0])[0]) if repeated else ""
