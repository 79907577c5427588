"""Whom a reminder calls: everybody who can still answer one of the calls that wait on its card.

Who fills the places that are still open is read now, of all the calls together; whom each call
shuts out goes by the policy in force. People are called once, for however many calls.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from approvals.domain.decision import Verdict
from approvals.domain.effect import Mention
from approvals.domain.ids import UserId
from approvals.domain.people import PeopleSet
from approvals.domain.policy import Policy
from approvals.domain.quorum import progress
from approvals.domain.terms import MENTION
from approvals.operations.desk import Desk
from approvals.operations.people_now import (
    PeopleNow,
    barred_now,
    of_both_moments,
    people_now,
    set_names,
)
from approvals.operations.ports import CardContent
from approvals.operations.reminder_messenger import MENTIONED_MAX, Audience

Members = frozenset[UserId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One call that waits, and who could fill what it misses."""

    content: CardContent
    people: PeopleNow
    """By set; None where that could not be read, nobody where nobody is to be called."""
    silent: Members
    """Who can answer it no more, whatever sets they are in."""

    @property
    def is_hopeless(self) -> bool:
        """Whether it is certain that nobody can answer; nobody was read where none is called."""
        known = [members for members in self.people.values() if members is not None]
        if not self.people or len(known) < len(self.people):
            return False
        return not frozenset().union(*known) - self.silent


async def who_can_answer(desk: Desk, waiting: Sequence[CardContent]) -> tuple[Wanted, ...]:
    """Read who could answer each call, every set once."""
    policy = desk.policy()
    names = [_names(content) for content in waiting]
    people = await people_now(desk, policy, frozenset().union(*names))
    return tuple(
        Wanted(
            content=content,
            people=of_both_moments(
                {name: people.members[name] for name in wanted}, content.request.requirement
            ),
            silent=_silent(content, policy),
        )
        for content, wanted in zip(waiting, names, strict=True)
    )


def _names(content: CardContent) -> frozenset[str]:
    if content.request.requirement.terms[MENTION] is Mention.NEVER:
        return frozenset()
    approved = [each.sets for each in content.decisions if each.verdict is Verdict.APPROVE]
    missing = progress(content.rules, approved).missing or tuple(
        slot for slots in content.rules for slot in slots
    )
    return set_names([missing])


def _silent(content: CardContent, policy: Policy) -> Members:
    decided = (each.user for each in content.decisions)
    return barred_now(policy, content.request).union(decided)


def audience(wanted: Sequence[Wanted], policy: Policy) -> Audience:
    """Return whom to call: everybody who can still answer, and nobody who cannot.

    A user group is called as one where all its people can answer; else they are named.
    """
    groups: dict[str, None] = {}
    users: set[UserId] = set()
    for each in wanted:
        for name, members in each.people.items():
            found = policy.set(name)
            if found is None or not members:
                continue
            if _is_open_to_all(found, members, each):
                groups |= dict.fromkeys(found.usergroups)
                users |= found.users
            else:
                users |= members - each.silent
    named = sorted(users)
    return Audience(
        users=tuple(named[:MENTIONED_MAX]),
        usergroups=tuple(groups),
        more=max(0, len(named) - MENTIONED_MAX),
    )


def _is_open_to_all(found: PeopleSet, members: Members, wanted: Wanted) -> bool:
    everybody_then = wanted.content.request.requirement.eligible is None
    is_plain = bool(found.usergroups) and not (found.channels or found.rotations)
    return is_plain and everybody_then and not members & wanted.silent
