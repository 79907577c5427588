"""The `limits` of an agent in the agents' file; what is left out keeps its default.

Called by `agents_file`.
"""

from typing import Any

from approvals.storage import yaml_fields as read
from approvals.storage import yaml_nodes as yaml
from approvals.storage.mistakes import Mistakes
from bot.agents.spec import TaskLimits

_WHOLE = {
    "turns": "model_turns_max",
    "tool_calls": "tool_calls_max",
    "tokens": "tokens_max",
    "pending": "pending_max",
}
_DURATIONS = {"active": "active_max", "tool_timeout": "tool_timeout"}


def read_limits(node: yaml.Node | None, mistakes: Mistakes, *, has_prices: bool) -> TaskLimits:
    """Read how far a run may go; *has_prices* says whether its cost can be known."""
    if node is None:
        return TaskLimits()
    keys = read.fields(node, {*_WHOLE, *_DURATIONS, "cost"}, mistakes, what="limits") or {}
    given: dict[str, Any] = {
        **{name: read.whole(keys.get(key), mistakes, what=key) for key, name in _WHOLE.items()},
        **{
            name: read.duration(keys.get(key), mistakes, what=key)
            for key, name in _DURATIONS.items()
        },
        "usd_max": read.amount(keys.get("cost"), mistakes, what="cost", at_least=0.01),
    }
    if "cost" in keys and not has_prices:
        mistakes.add(
            keys["cost"],
            "a cost cannot be counted without prices – add prices: {input: …, output: …}, in USD "
            "for a million tokens",
        )
    return TaskLimits(**{name: value for name, value in given.items() if value is not None})
