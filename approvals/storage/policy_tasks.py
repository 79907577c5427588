"""The rules about agent tasks: what `tasks:` says, under a channel or under `defaults`.

Called by `policy_sections`. Every key of a rule is required and `"*"` has to be written, so that
nothing is opened by leaving something out; `tasks: []` closes a channel for tasks.
"""

from collections.abc import Collection

from approvals.domain.task_rule import MEMBERS, TaskRule, TaskRules, TaskVerb
from approvals.domain.tool_glob import ToolGlob
from approvals.storage import yaml_fields as read
from approvals.storage.mistakes import Mistakes, Placed
from approvals.storage.yaml_nodes import Node

_KEYS = frozenset({"people", "agents", "verbs"})
_EVERY_VERB = "*"


def read_tasks(
    node: Node | None, people: Collection[str], mistakes: Mistakes, *, owner: str
) -> TaskRules | None:
    """Read the rules about tasks of *owner*, a channel's name or ``defaults``; None: no such key.

    *people* are the names of the sets the file declares.
    """
    if node is None:
        return None
    rules = []
    for number, item in enumerate(read.listed(node, mistakes, what="tasks"), start=1):
        rule = _read_rule(item, people, mistakes, name=f"{owner}, task rule {number}")
        if rule is not None:
            rules.append(rule)
    return TaskRules(name=f"{owner}, tasks", place=_place(node, mistakes), rules=tuple(rules))


def _read_rule(
    node: Node, people: Collection[str], mistakes: Mistakes, *, name: str
) -> TaskRule | None:
    keys = read.fields(node, _KEYS, mistakes, what="a task rule")
    if keys is None:
        return None
    who = read.each(
        read.require(
            keys,
            "people",
            mistakes,
            at=node,
            why='name sets of people, "*" for the members of the channel',
        ),
        read.one_of_people((*people, MEMBERS)),
        mistakes,
        what="people",
    )
    agents = read.each(
        read.require(keys, "agents", mistakes, at=node, why='name the agents, "*" for every agent'),
        ToolGlob.of,
        mistakes,
        what="agents",
    )
    verbs = read.each(
        read.require(keys, "verbs", mistakes, at=node, why=f"write some of {_verbs_there_are()}"),
        _read_verbs,
        mistakes,
        what="verbs",
    )
    return TaskRule(
        name=name,
        place=_place(node, mistakes),
        people=who,
        agents=agents,
        verbs=frozenset().union(*verbs),
    )


def _read_verbs(written: str) -> frozenset[TaskVerb]:
    if written == _EVERY_VERB:
        return frozenset(TaskVerb)
    if written in {verb.value for verb in TaskVerb}:
        return frozenset({TaskVerb(written)})
    raise ValueError(
        f"{written!r} is nothing one can do with tasks – write some of {_verbs_there_are()}"
    )


def _verbs_there_are() -> str:
    return f'{", ".join(TaskVerb)}, or "*" for all of them'


def _place(at: Placed, mistakes: Mistakes) -> str:
    return f"{mistakes.file}:{at.line}"
