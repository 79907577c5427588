"""Before a policy is in force: whose are its addresses, and does Slack know its groups?

Called by the composition root at start and at each reload. Addresses are looked up here, once, and
stand as ids in the policy that is returned; nobody's address later means another account.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from approvals.domain.ids import UserId
from approvals.domain.people import PeopleSet
from approvals.domain.policy import Policy
from approvals.operations.people_now import together
from approvals.operations.ports import Directory, DirectoryUnavailable

MET_WITHIN_S = 180.0
"""How long many addresses may take: a start waits for it, and a gateway that runs goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmet:
    """Somebody a set names whom Slack does not know, or cannot tell us about now."""

    people: PeopleSet
    """The set, which knows where it is written."""
    text: str
    """What is wrong and, after a dash, what to do."""
    is_passing: bool = False
    """Whether asking again may help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """A policy whose people Slack knows."""

    policy: Policy
    """With ids in the place of addresses."""
    unmet: tuple[Unmet, ...] = ()
    """Why it cannot be in force; empty when it can."""


async def meet_people(directory: Directory, policy: Policy) -> Met:
    """Return *policy* with its addresses as ids, or whom of it Slack does not know."""
    # A set of sets holds what its parts hold: what is wrong is told of the part.
    sets = sorted(policy.sets.values(), key=lambda each: (bool(each.sets), each.line))
    found = await together(
        [
            _accounts(directory, sets),
            _groups(directory, sets),
            _channels(directory, sets),
        ]
    )
    accounts = {email: user for each in found for email, user in each.accounts.items()}
    unmet = tuple(trouble for each in found for trouble in each.unmet)
    return Met(policy=policy.naming(accounts), unmet=unmet)


@dataclass(slots=True, kw_only=True)
class _Found:
    accounts: dict[str, UserId]
    unmet: list[Unmet]


async def _accounts(directory: Directory, sets: Iterable[PeopleSet]) -> _Found:
    found = _Found(accounts={}, unmet=[])
    ends_at = asyncio.get_running_loop().time() + MET_WITHIN_S
    asked: set[str] = set()
    for people in sets:
        for email in sorted(people.emails - asked):
            asked.add(email)
            try:
                user = await _patiently(directory, email, until=ends_at)
            except DirectoryUnavailable as failure:
                found.unmet.append(_unsaid(people, f"whose address {email} is", failure))
                continue
            if user is not None:
                found.accounts[email] = user
                continue
            text = f"{people.name}: nobody in this workspace has the address {email} – correct it, "
            found.unmet.append(
                Unmet(people=people, text=f"{text}or write the person's id in users")
            )
    return found


async def _patiently(directory: Directory, email: str, *, until: float) -> UserId | None:
    """Look an address up, waiting as long as Slack says: it lets fifty a minute be looked up."""
    while True:
        try:
            return await directory.account(email)
        except DirectoryUnavailable as busy:
            wait_s = busy.retry_after_s
            if wait_s is None or asyncio.get_running_loop().time() + wait_s > until:
                raise
        await asyncio.sleep(wait_s)


async def _groups(directory: Directory, sets: Iterable[PeopleSet]) -> _Found:
    found = _Found(accounts={}, unmet=[])
    naming = [each for each in sets if each.usergroups and not each.sets]
    if not naming:
        return found
    try:
        if await directory.has_usergroups():
            return found
    except DirectoryUnavailable:
        return found  # a group that cannot be read holds nobody at the click
    found.unmet += [
        Unmet(
            people=each,
            text=f"{each.name}: this workspace's Slack plan has no user groups – "
            "name the people by users, emails or channel instead of usergroup",
        )
        for each in naming
    ]
    return found


async def _channels(directory: Directory, sets: Iterable[PeopleSet]) -> _Found:
    found = _Found(accounts={}, unmet=[])
    asked: set[str] = set()
    for people in sets:
        for channel in sorted(people.channels - asked):
            asked.add(channel)
            try:
                await directory.channel_members(channel)
            except DirectoryUnavailable as failure:
                found.unmet.append(_unsaid(people, f"who is in the channel {channel}", failure))
    return found


def _unsaid(people: PeopleSet, what: str, failure: DirectoryUnavailable) -> Unmet:
    return Unmet(
        people=people,
        text=f"{people.name}: Slack does not say {what} ({failure}) – it is asked again; if this "
        "stays, correct the id, or invite Sayso where the channel is private",
        is_passing=True,
    )
