"""A rule's `quorum:` in the policy file: how many of whom have to approve.

Called by `policy_rules`. What the sets that are written out in the file can never satisfy is a
mistake here; whom groups and channels hold is only known to Slack, when the call is asked.
"""

from collections.abc import Mapping

from approvals.domain.ids import UserId
from approvals.domain.people import PeopleSet
from approvals.domain.quorum import can_be_met
from approvals.domain.requirement import Slot
from approvals.storage import yaml_fields as read
from approvals.storage.mistakes import Mistakes
from approvals.storage.yaml_nodes import Node, Refused, Sequence

SLOTS_MAX = 10
COUNT_MAX = 20
People = Mapping[str, PeopleSet | None]
"""The sets a file names; None where a set has mistakes of its own."""


def read_quorum(node: Node | None, people: People, mistakes: Mistakes) -> tuple[Slot, ...]:
    """Return the slots of one rule, none where it says nothing or has mistakes."""
    if node is None or isinstance(node, Refused):
        return ()
    noted = len(mistakes.found)
    items = node.items if isinstance(node, Sequence) else ()
    if not items:
        mistakes.add(node, "quorum has to be a list – write it like [{of: sre, count: 2}]")
    if len(items) > SLOTS_MAX:
        mistakes.add(node, f"quorum has {len(items)} entries – at most {SLOTS_MAX}")
    slots = [slot for item in items if (slot := _slot(item, people, mistakes)) is not None]
    if len(mistakes.found) > noted:
        return ()
    known = _written_out(people)
    if not can_be_met(slots, known, ()):
        mistakes.add(
            node,
            "quorum can never be met: a person fills one place of a rule, and these sets have too "
            "few different people together – lower a count or add people",
        )
    return tuple(slots)


def _slot(node: Node, people: People, mistakes: Mistakes) -> Slot | None:
    keys = read.fields(node, {"of", "count"}, mistakes, what="an entry of quorum")
    if keys is None:
        return None
    of = read.each(
        read.require(keys, "of", mistakes, at=node, why="name the people set, or a list of them"),
        read.one_of_people(people),
        mistakes,
        what="of",
    )
    count = read.whole(keys.get("count"), mistakes, what="count") or 1
    slot = Slot(of=tuple(dict.fromkeys(of)), count=count)
    if count > COUNT_MAX:
        mistakes.add(keys["count"], f"count is {count} – at most {COUNT_MAX}")
    elif of and not _is_possible(slot, people):
        mistakes.add(
            keys.get("count", node),
            f"count is {count}, but {' and '.join(slot.of)} have fewer people – "
            "lower it or add people",
        )
    return slot


def _is_possible(slot: Slot, people: People) -> bool:
    """Whether the sets of one slot may ever hold as many people at once as it has places."""
    most = [None if (found := people[name]) is None else found.most for name in slot.of]
    if None not in most and sum(each or 0 for each in most) < slot.count:
        return False
    return can_be_met([slot], _written_out(people), ())


def _written_out(people: People) -> Mapping[str, frozenset[UserId] | None]:
    """Return the people of each set; None where the file alone cannot tell them."""
    return {
        name: each.users if each is not None and each.is_written_out else None
        for name, each in people.items()
    }
