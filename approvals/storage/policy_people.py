"""The people of the policy file: named sets, of users, groups, channels, addresses, other sets.

Called by `policy_reader`. Sets of sets are joined here, so that nobody after this has to follow
names; what cannot be told from the file (whom a group holds, whose an address is) stays a question.
"""

import graphlib
import re
from collections.abc import Mapping

from approvals.domain.people import PeopleSet
from approvals.domain.question import is_named
from approvals.domain.task_rule import MEMBERS
from approvals.storage import slack_ids
from approvals.storage import yaml_fields as read
from approvals.storage.mistakes import Mistakes
from approvals.storage.policy_quorum import People
from approvals.storage.policy_rotation import read_rotation
from approvals.storage.yaml_nodes import Node, Scalar

PEOPLE_KEYS = ("users", "usergroup", "channel", "emails", "sets", "rotation")
SETS_OF_SETS_MAX = 100
_EMAIL = re.compile(r"[^\s@<>|,;\"]{1,64}@[^\s@<>|,;\"]{1,189}", re.ASCII)


def read_people(node: Node | None, mistakes: Mistakes) -> People:
    """Read the sets of people that may be named as approvers, by name."""
    entries = list(read.named(node, mistakes, what="people"))
    places = {key.value: value for key, value in entries}
    names = {key.value: key for key, _ in entries}
    people = {
        key.value: _people_set(key, value, names, mistakes=mistakes) for key, value in entries
    }
    return _joined(people, places, mistakes)


def _people_set(
    key: Scalar, node: Node, names: Mapping[str, Scalar], *, mistakes: Mistakes
) -> PeopleSet | None:
    name = key.value
    noted = len(mistakes.found)
    if name == MEMBERS:
        stands_for = "in tasks it stands for the members of the channel"
        mistakes.add(key, f'"*" cannot name a set: {stands_for} – give the set another name')
    if is_named(name):
        mistakes.add(key, f"{name} stands for one person or group – give the set another name")
    keys = read.fields(node, set(PEOPLE_KEYS), mistakes, what=f"people {name}") or {}
    found = PeopleSet(
        name=name,
        users=frozenset(read.each(keys.get("users"), slack_ids.read_user, mistakes, what="users")),
        usergroups=frozenset(
            read.each(keys.get("usergroup"), slack_ids.read_usergroup, mistakes, what="usergroup")
        ),
        channels=frozenset(
            read.each(keys.get("channel"), slack_ids.read_channel, mistakes, what="channel")
        ),
        emails=frozenset(read.each(keys.get("emails"), _read_email, mistakes, what="emails")),
        rotations=read_rotation(keys.get("rotation"), mistakes),
        sets=read.each(keys.get("sets"), read.one_of_people(names), mistakes, what="sets"),
        line=node.line,
        column=node.column,
    )
    if len(mistakes.found) == noted and not keys:
        kinds = ", ".join(PEOPLE_KEYS[:-1])
        mistakes.add(node, f"{name} is nobody – write some of {kinds} or {PEOPLE_KEYS[-1]}")
    return found if len(mistakes.found) == noted else None


def _read_email(written: str) -> str:
    stripped = written.strip().lower()
    if _EMAIL.fullmatch(stripped) is None:
        raise ValueError(
            f"{written!r} is not an e-mail address – write the one of the person's Slack account"
        )
    return stripped


def _joined(people: People, places: Mapping[str, Node], mistakes: Mistakes) -> People:
    """Put the people of the sets that each set names into it."""
    inner = {name: each.sets for name, each in people.items() if each is not None and each.sets}
    if len(inner) > SETS_OF_SETS_MAX:
        mistakes.add(
            places[list(inner)[SETS_OF_SETS_MAX]],
            f"{len(inner)} sets are made of other sets – at most {SETS_OF_SETS_MAX}",
        )
        return dict.fromkeys(people)
    joined = dict(people)
    try:
        order = tuple(graphlib.TopologicalSorter(inner).static_order())
    except graphlib.CycleError as error:
        circle = error.args[1]
        mistakes.add(
            places[circle[-1]],
            f"sets go round in a circle: {' is in '.join(circle)} – take one of them out",
        )
        return dict.fromkeys(people)
    for name in order:
        for other in inner.get(name, ()):
            outer, part = joined[name], joined[other]
            joined[name] = None if outer is None or part is None else outer.joined(part)
    return joined
