"""Who stands behind the policy's people sets at this moment, read before a transaction.

Used when a request is opened (is there anybody to ask?) and when a click comes (is this one of
them?). A set whose groups cannot be read is None: unknown, which never permits anything.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.follow_up import rungs_to_come
from approvals.domain.ids import TeamId, UserId
from approvals.domain.people import PeopleSet
from approvals.domain.policy import Policy
from approvals.domain.quorum import Rules, can_be_met
from approvals.domain.requirement import Effect, Requirement, Slot
from approvals.domain.terms import EDITOR_MAY_APPROVE, ESCALATE, Option
from approvals.operations.desk import Desk
from approvals.operations.ports import Directory, DirectoryUnavailable, Person

Members = TypeVar("Members")
Setting = TypeVar("Setting")
PeopleNow = Mapping[str, frozenset[UserId] | None]
"""Members by set name; None where the directory could not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleRead:
    """The answer to who stands behind some sets."""

    members: PeopleNow
    retry_after_s: float | None = None
    """When a set that could not be read may be asked for again, where the directory said so."""


async def people_now(
    desk: Desk, policy: Policy, names: Iterable[str], *, fresh: bool = False
) -> PeopleRead:
    """Return the members of the named sets; a set the policy no longer has is empty.

    With *fresh* none of it was read before this call.
    """
    names = tuple(names)
    found = await together([_members(desk, policy.set(name), fresh=fresh) for name in names])
    waits = [each.retry_after_s for each in found if isinstance(each, DirectoryUnavailable)]
    return PeopleRead(
        members={
            name: None if isinstance(who, DirectoryUnavailable) else who
            for name, who in zip(names, found, strict=True)
        },
        retry_after_s=max((each for each in waits if each is not None), default=None),
    )


async def _members(
    desk: Desk, people: PeopleSet | None, *, fresh: bool
) -> frozenset[UserId] | DirectoryUnavailable:
    if people is None:
        return frozenset()
    reads: list[Coroutine[Any, Any, frozenset[UserId]]] = [
        *(desk.directory.members(group, fresh=fresh) for group in people.usergroups),
        *(desk.directory.channel_members(channel, fresh=fresh) for channel in people.channels),
    ]
    try:
        found = await together(reads)
    except DirectoryUnavailable as failure:
        return failure
    return people.at(desk.clock.now()).users.union(*found)


async def person_now(directory: Directory, user: UserId, team: TeamId) -> Person | None:
    """Return an account, or None where the directory could not say."""
    try:
        return await directory.person(user, team)
    except DirectoryUnavailable:
        return None


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


def members_of(names: Iterable[str], people: PeopleNow) -> tuple[UserId, ...]:
    """Return who is in any of the sets *names*, as far as they have been read."""
    return tuple(sorted(frozenset().union(*(people.get(name) or () for name in names))))


def with_rung_people(asked: Requirement, people: PeopleNow) -> Requirement:
    """Leave each rung whose people are not known yet to who is in its sets now."""
    rungs = [
        replace(rung, eligible=members_of(rung.to, people)) if rung.eligible is None else rung
        for rung in asked.terms[ESCALATE]
    ]
    if not rungs:
        return asked
    return replace(asked, terms=asked.terms.with_said(ESCALATE, tuple(rungs)))


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


def of_then_and_now(option: Option[Setting], request: ApprovalRequest, now: Requirement) -> Setting:
    """Return what counts for a pending *request*: what held when asked, or stricter *now*."""
    return option.strictest((request.requirement.terms[option], now.terms[option]))


def may_not_approve_now(request: ApprovalRequest, now: Requirement) -> frozenset[UserId]:
    """Return who may not approve a pending *request*, by the rules of then and of *now*."""
    if of_then_and_now(EDITOR_MAY_APPROVE, request, now):
        return request.kept_out
    return request.kept_out | request.editors


def barred_now(policy: Policy, request: ApprovalRequest) -> frozenset[UserId]:
    """Return the same under *policy*, which may have the request's channel no more."""
    try:
        return may_not_approve_now(request, requirement_now(policy, request))
    except errors.ChannelUnknown:
        return request.may_not_approve


def rules_in_force(request: ApprovalRequest, now: Requirement) -> Rules:
    """Return whose approval counts: the policy's word of now, or of then where it asks no more.

    Who is read now; how many is never less than it was when the call was asked. Where people
    changed the call, what it needed before it was changed is needed as well. Whom an escalation
    added belongs to every slot.
    """
    then = request.requirement.slots_by_rule
    rules = now.slots_by_rule if now.effect is Effect.ASK and now.slots_by_rule else then
    if request.edits:
        rules = tuple(dict.fromkeys((*rules, *then)))
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
