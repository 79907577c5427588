"""Who stands behind the policy's people sets at this moment, read before a transaction.

Used when a request is opened (is there anybody to ask?) and when a click comes (is this one of
them?). A set whose groups cannot be read is None: unknown, which never permits anything.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.follow_up import rungs_to_come
from approvals.domain.ids import UserId
from approvals.domain.people import PeopleSet
from approvals.domain.policy import Policy
from approvals.domain.quorum import Rules, can_be_met
from approvals.domain.requirement import Effect, Requirement, Slot
from approvals.domain.terms import ESCALATE
from approvals.operations.ports import Directory, DirectoryUnavailable

Members = TypeVar("Members")
PeopleNow = Mapping[str, frozenset[UserId] | None]
"""Members by set name; None where the directory could not say."""


async def people_now(
    directory: Directory, policy: Policy, names: Iterable[str]
) -> dict[str, frozenset[UserId] | None]:
    """Return the members of the named sets; a set the policy no longer has is empty."""
    names = tuple(names)
    found = await together([_members(directory, policy.set(name)) for name in names])
    return dict(zip(names, found, strict=True))


async def _members(directory: Directory, people: PeopleSet | None) -> frozenset[UserId] | None:
    if people is None:
        return frozenset()
    try:
        groups = await together([directory.members(group) for group in people.usergroups])
    except DirectoryUnavailable:
        return None
    return frozenset(people.users).union(*groups)


def of_both_moments(people: PeopleNow, then: Requirement) -> PeopleNow:
    """Leave of *people* only who could decide *then* too, where that is required.

    Whom a rung adds had to be in the sets of that rung then; that gives no place in other sets.
    """
    if then.eligible is None:
        return people
    known = {name: frozenset(then.eligible) for name in people}
    for rung in then.terms[ESCALATE]:
        for name in known.keys() & rung.to:
            known[name] = known[name].union(rung.eligible or ())
    return {name: None if who is None else who & known[name] for name, who in people.items()}


async def together(reads: Sequence[Coroutine[Any, Any, Members]]) -> Sequence[Members]:
    """Read side by side: a click has to be answered within Slack's three seconds.

    One read alone, the usual case, goes without the task that would let it run beside others.
    """
    return [await reads[0]] if len(reads) == 1 else await asyncio.gather(*reads)


def set_names(rules: Iterable[Iterable[Slot]]) -> frozenset[str]:
    """Return the names of all sets that fill places in *rules*."""
    return frozenset(name for slots in rules for slot in slots for name in slot.of)


def requirement_now(policy: Policy, request: ApprovalRequest) -> Requirement:
    """Return what *policy*, the one in force, asks of the call of a pending request.

    Raises:
        ChannelUnknown: the policy has the request's channel no more.
    """
    now = policy.requirement(request.call, channel=request.requirement.channel)
    if now.effect is not Effect.ALLOW:
        return now
    # Only code asked, or the file allows it since: the channel's approvers of now decide.
    return policy.requirement(
        request.call, channel=request.requirement.channel, code_effect=Effect.ASK
    )


def rules_in_force(request: ApprovalRequest, now: Requirement) -> Rules:
    """Return whose approval counts: the policy's word of now, or of then where it asks no more.

    Who is read now; how many is never less than it was when the call was asked. Whom an escalation
    added belongs to every slot.
    """
    then = request.requirement.slots_by_rule
    rules = now.slots_by_rule if now.effect is Effect.ASK and now.slots_by_rule else then
    count = people_needed(then)
    if people_needed(rules) < count:
        rules = (*rules, (Slot(of=tuple(sorted(set_names(rules))), count=count),))
    return with_sets(rules, request.followed_up.added)


def rules_to_come(request: ApprovalRequest, rules: Rules) -> Rules:
    """Return *rules* as they will be once every rung that is still to come has fired."""
    return with_sets(rules, [name for rung in rungs_to_come(request) for name in rung.to])


def with_sets(rules: Rules, names: Sequence[str]) -> Rules:
    """Let the people of the sets *names* fill every slot of *rules* too."""
    if not names:
        return rules
    return [
        [replace(slot, of=tuple(dict.fromkeys((*slot.of, *names)))) for slot in slots]
        for slots in rules
    ]


def rules_shown(policy: Policy, request: ApprovalRequest) -> Rules:
    """Return the same for a card, which may be drawn when the policy has the channel no more."""
    try:
        return rules_in_force(request, requirement_now(policy, request))
    except errors.ChannelUnknown:
        return with_sets(request.requirement.slots_by_rule, request.followed_up.added)


def people_needed(rules: Iterable[Iterable[Slot]]) -> int:
    """Return how many different people *rules* need at least; rules share people."""
    return max((sum(slot.count for slot in slots) for slots in rules), default=0)


def nobody_left(rules: Rules, people: PeopleNow, excluded: frozenset[UserId]) -> bool:
    """Whether it is certain that some rule can never be satisfied.

    An unreadable set leaves it uncertain. No rules at all means nobody.
    """
    return not any(rules) or not all(can_be_met(slots, people, excluded) for slots in rules)
