"""May this person start, follow, cancel or continue tasks of this agent in this channel?

Asked by the Slack door before each verb of `/agent`, with the person and channel of the payload.
Read anew each time from the policy in force and the directory; every refusal is audited.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from approvals.domain import errors
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.decision import refuse_unfit
from approvals.domain.ids import ChannelId, TeamId, UserId
from approvals.domain.policy import Policy
from approvals.domain.run import Run
from approvals.domain.task_rule import MEMBERS, TaskVerb, TaskVerdict, shown
from approvals.operations.check_presser import approver
from approvals.operations.desk import Desk
from approvals.operations.people_now import people_now, person_now
from approvals.operations.ports import Directory, DirectoryUnavailable, Person

_UNCONFIRMED = (
    "Slack could not confirm just now who you are, or which groups and channels you are in. "
    "Nothing was done; try again in a moment."
)


async def may_run(
    desk: Desk,
    *,
    person: UserId,
    team: TeamId,
    channel: ChannelId,
    agent: str | None,
    verb: TaskVerb,
) -> None:
    """Return if *person* may do *verb* on tasks of *agent* in *channel*; None: whichever agent.

    Raises:
        TaskNotAllowed: the policy lets other people do it, or nobody; the message names the rule.
        IdentityUnverified: the directory could not say who the person is, or in which sets.
        ExternalMayNotDecide, DeactivatedMayNotDecide, BotMayNotDecide, GuestMayNotDecide
        ChannelUnknown: the policy has no such channel.
        StoreUnavailable: it is refused, and the refusal could not be audited.
    """
    wish = Wish(person=person, team=team, channel=channel, agent=agent, verb=verb)
    async with audited(desk, wish):
        refuse_by(await verdict_on(desk, wish))


async def may_ever_start(desk: Desk, *, person: UserId, team: TeamId, channel: ChannelId) -> None:
    """Return unless *person* may start no task anywhere, as guests may not.

    Asked before a form is shown, which names another channel perhaps; `may_run` follows when it
    is sent. A person nobody can look up now is let through to that.

    Raises:
        ExternalMayNotDecide, DeactivatedMayNotDecide, BotMayNotDecide, GuestMayNotDecide
        StoreUnavailable: it is refused, and the refusal could not be audited.
    """
    wish = Wish(person=person, team=team, channel=channel, agent=None, verb=TaskVerb.RUN)
    async with audited(desk, wish):
        found = await person_now(desk.directory, person, team)
        if found is not None:
            _refuse_unfit(found)


async def may_cancel(desk: Desk, run: Run, *, person: UserId, team: TeamId) -> None:
    """Return if *person* may cancel *run*.

    That is who started it, who approves in its channel, and whom the policy names for it.

    Raises:
        TaskNotAllowed: it is somebody else's.
        The others of `may_run`.
    """
    wish = Wish(
        person=person, team=team, channel=run.channel, agent=run.agent, verb=TaskVerb.CANCEL
    )
    if (person, team) == (run.starter, run.team):
        return  # whatever the policy and the directory say today: stopping is always safe
    async with audited(desk, wish):
        verdict = await verdict_on(desk, wish)
        if verdict.is_allowed and verdict.place:
            return
        policy = desk.policy()
        approvers = await _sets(desk, policy, policy.approvers(run.channel), wish=wish)
        if any(approvers.values()):
            return
        if None in approvers.values() or verdict.is_uncertain:
            raise errors.IdentityUnverified(_UNCONFIRMED)
        raise errors.TaskNotAllowed(
            "Only who started the task, and the approvers of this channel, may cancel it."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one person wants to do with the tasks of an agent."""

    person: UserId
    team: TeamId
    channel: ChannelId
    agent: str | None
    verb: TaskVerb


@asynccontextmanager
async def audited(desk: Desk, wish: Wish) -> AsyncIterator[None]:
    """Record a refusal raised inside; it goes on being raised."""
    try:
        yield
    except errors.Refusal as refusal:
        event = AuditEvent(
            name=AuditName.TASK_REFUSED,
            subject=wish.channel,
            at=desk.clock.now(),
            data={
                "code": refusal.code,
                "rule": refusal.facts.get("rule"),
                "place": refusal.facts.get("place"),
                "person": wish.person,
                "team": wish.team,
                "channel": wish.channel,
                "agent": None if wish.agent is None else shown(wish.agent),
                "verb": wish.verb.value,
                "policy_version": desk.policy().version,
            },
        )
        await desk.store.write(lambda tx: tx.record(event))
        raise


async def verdict_on(desk: Desk, wish: Wish) -> TaskVerdict:
    """Return what the policy says of *wish*; raises for who may never start anything."""
    policy = desk.policy()
    names = policy.task_people(wish.channel, agent=wish.agent, verb=wish.verb)
    # Side by side: a person waits for the answer.
    found, sets = await asyncio.gather(
        person_now(desk.directory, wish.person, wish.team),
        _sets(desk, policy, names, wish=wish),
    )
    _refuse_unfit(found)
    return policy.may_run(wish.channel, agent=wish.agent, verb=wish.verb, sets=sets)


async def _sets(
    desk: Desk, policy: Policy, names: Iterable[str], *, wish: Wish
) -> dict[str, bool | None]:
    names = tuple(names)
    answers = await asyncio.gather(
        *(_belongs(desk, policy, name, person=wish.person, channel=wish.channel) for name in names)
    )
    return dict(zip(names, answers, strict=True))


async def _belongs(
    desk: Desk, policy: Policy, name: str, *, person: UserId, channel: ChannelId
) -> bool | None:
    """Whether the person belongs to the set of this name; None where nobody could say."""
    if name == MEMBERS:
        return await _is_member(desk.directory, channel, person)
    members = (await people_now(desk, policy, [name])).members[name]
    return None if members is None else person in members


async def _is_member(directory: Directory, channel: ChannelId, user: UserId) -> bool | None:
    try:
        return await directory.is_member(channel, user)
    except DirectoryUnavailable:
        return None


def _refuse_unfit(found: Person | None) -> None:
    if found is None:
        raise errors.IdentityUnverified(_UNCONFIRMED)
    refuse_unfit(approver(found, {}))


def refuse_by(verdict: TaskVerdict) -> None:
    """Raise unless *verdict* allows it."""
    if verdict.is_uncertain:
        raise errors.IdentityUnverified(_UNCONFIRMED, rule=verdict.rule, place=verdict.place)
    if not verdict.is_allowed:
        raise errors.TaskNotAllowed(verdict.reason, rule=verdict.rule, place=verdict.place)
