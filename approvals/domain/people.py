"""A named set of people in the policy: who may fill a slot.

Slack ids only; which people a user group holds is read by the directory when the click comes.
"""

from dataclasses import dataclass

from approvals.domain.ids import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleSet:
    """People listed by id and by Slack user group; both together make the set."""

    name: str
    users: frozenset[UserId] = frozenset()
    usergroups: frozenset[str] = frozenset()
