"""What the policy file says about people's attention: `budget:`, `cooldown:` and `fold:`.

Called by `policy_terms`.
"""

from datetime import timedelta

from approvals.domain.budget import Budget
from approvals.storage import yaml_fields as read
from approvals.storage.mistakes import Mistakes
from approvals.storage.policy_declared import Declared
from approvals.storage.yaml_nodes import Node, Scalar

BUDGET_MAX = 10_000
PER_MAX = timedelta(days=1)
COOLDOWN_MAX = timedelta(days=1)
FOLD_MAX = 1_000


def read_budget(node: Node, mistakes: Mistakes, _: Declared) -> Budget | None:
    """Return how many questions may be asked in a time."""
    noted = len(mistakes.found)
    keys = read.fields(node, {"per", "agent", "channel"}, mistakes, what="budget")
    if keys is None:
        return None
    required = read.require(keys, "per", mistakes, at=node, why="write it like per: 10m")
    per = read.duration(required, mistakes, what="per", longest=PER_MAX) if required else None
    agent = read.whole(keys.get("agent"), mistakes, what="agent")
    channel = read.whole(keys.get("channel"), mistakes, what="channel")
    for key, count in (("agent", agent), ("channel", channel)):
        if count is not None and count > BUDGET_MAX:
            mistakes.add(keys[key], f"{key} is {count} – at most {BUDGET_MAX}")
    if agent is None and channel is None and len(mistakes.found) == noted:
        mistakes.add(node, "budget says no number – write agent: or channel:, or both")
    if per is None or len(mistakes.found) > noted:
        return None
    return Budget(per=per, agent=agent, channel=channel)


def read_cooldown(node: Node, mistakes: Mistakes, _: Declared) -> timedelta | None:
    """Return how long a rejection answers the same call; ``off`` is no time at all."""
    if isinstance(node, Scalar) and node.value == "off":
        return timedelta(0)
    return read.duration(node, mistakes, what="cooldown", longest=COOLDOWN_MAX)


def read_fold(node: Node, mistakes: Mistakes, _: Declared) -> int | None:
    """Return how many cards may wait before further calls share one; ``off`` is 0."""
    if isinstance(node, Scalar) and node.value == "off":
        return 0
    count = read.whole(node, mistakes, what="fold")
    if count is not None and count > FOLD_MAX:
        mistakes.add(node, f"fold is {count} – at most {FOLD_MAX}, or off")
        return None
    return count
