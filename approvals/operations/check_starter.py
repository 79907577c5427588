"""May this person start, follow, cancel or continue tasks of this agent in this channel?

Asked by the Slack door before each verb of `/agent`, with the person and channel of the payload.
Read anew each time from the policy in force and the directory; every refusal is audited.
"""

import asyncio
from collections.abc import Iterable

from approvals.domain import errors
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.decision import Approver, refuse_unfit
from approvals.domain.ids import ChannelId, TeamId, UserId
from approvals.domain.policy import Policy
from approvals.domain.task_rule import MEMBERS, TaskVerb, TaskVerdict, shown
from approvals.operations.desk import Desk
from approvals.operations.people_now import people_now
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
    policy = desk.policy()
    try:
        names = policy.task_people(channel, agent=agent, verb=verb)
        # Side by side: a person waits for the answer.
        found, sets = await asyncio.gather(
            _person(desk.directory, person, team),
            _sets(desk.directory, policy, names, person=person, channel=channel),
        )
        _refuse_unfit(found)
        verdict = policy.may_run(channel, agent=agent, verb=verb, sets=sets)
        _refuse(verdict)
    except errors.Refusal as refusal:
        event = AuditEvent(
            name=AuditName.TASK_REFUSED,
            subject=channel,
            at=desk.clock.now(),
            data={
                "code": refusal.code,
                "rule": refusal.facts.get("rule"),
                "place": refusal.facts.get("place"),
                "person": person,
                "team": team,
                "channel": channel,
                "agent": None if agent is None else shown(agent),
                "verb": verb.value,
                "policy_version": policy.version,
            },
        )
        await desk.store.write(lambda tx: tx.record(event))
        raise


async def _person(directory: Directory, user: UserId, team: TeamId) -> Person | None:
    try:
        return await directory.person(user, team)
    except DirectoryUnavailable:
        return None


async def _sets(
    directory: Directory,
    policy: Policy,
    names: Iterable[str],
    *,
    person: UserId,
    channel: ChannelId,
) -> dict[str, bool | None]:
    names = tuple(names)
    answers = await asyncio.gather(
        *(_belongs(directory, policy, name, person=person, channel=channel) for name in names)
    )
    return dict(zip(names, answers, strict=True))


async def _belongs(
    directory: Directory, policy: Policy, name: str, *, person: UserId, channel: ChannelId
) -> bool | None:
    """Whether the person belongs to the set of this name; None where nobody could say."""
    if name == MEMBERS:
        return await _is_member(directory, channel, person)
    members = (await people_now(directory, policy, [name]))[name]
    return None if members is None else person in members


async def _is_member(directory: Directory, channel: ChannelId, user: UserId) -> bool | None:
    try:
        return await directory.is_member(channel, user)
    except DirectoryUnavailable:
        return None


def _refuse_unfit(found: Person | None) -> None:
    if found is None:
        raise errors.IdentityUnverified(_UNCONFIRMED)
    refuse_unfit(
        Approver(
            user=found.user,
            team=found.team,
            is_internal=found.is_internal,
            is_bot=found.is_bot,
            is_guest=found.is_guest,
            is_deactivated=found.is_deactivated,
            sets={},
        )
    )


def _refuse(verdict: TaskVerdict) -> None:
    if verdict.is_uncertain:
        raise errors.IdentityUnverified(_UNCONFIRMED, rule=verdict.rule, place=verdict.place)
    if not verdict.is_allowed:
        raise errors.TaskNotAllowed(verdict.reason, rule=verdict.rule, place=verdict.place)
