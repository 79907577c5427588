"""May this person freeze a channel, or everything, and lift that again?

Asked by the Slack door before each, with the person of the payload. Read anew each time from the
policy in force and the directory; every refusal is audited.
"""

import asyncio

from approvals.domain import errors, freeze_errors
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.decision import refuse_unfit
from approvals.domain.freeze import ALL
from approvals.domain.ids import TeamId, UserId
from approvals.domain.policy import Policy
from approvals.operations.check_presser import approver
from approvals.operations.desk import Desk
from approvals.operations.people_now import people_now, person_now


async def may_freeze(desk: Desk, scope: str, *, person: UserId, team: TeamId) -> None:
    """Return if *person* may freeze *scope*, a channel's id or ALL, and lift its freeze.

    Raises:
        FreezeNotAllowed: the policy names other people, or nobody; the message says whom.
        IdentityUnverified: the directory could not say who the person is, or in which sets.
        ExternalMayNotDecide, DeactivatedMayNotDecide, BotMayNotDecide, GuestMayNotDecide
        ChannelUnknown: the policy has no such channel.
        StoreUnavailable: it is refused, and the refusal could not be audited.
    """
    try:
        await _check(desk, scope, person=person, team=team)
    except errors.Refusal as refusal:
        event = AuditEvent(
            name=AuditName.FREEZE_REFUSED,
            subject=scope,
            at=desk.clock.now(),
            data={"code": refusal.code, "person": person, "team": team},
        )
        await desk.store.write(lambda tx: tx.record(event))
        raise


async def _check(desk: Desk, scope: str, *, person: UserId, team: TeamId) -> None:
    policy = desk.policy()
    names = policy.freezers(scope)
    found, people = await asyncio.gather(
        person_now(desk.directory, person, team), people_now(desk, policy, names)
    )
    if found is None:
        raise errors.IdentityUnverified
    who = approver(found, people.members, retry_after_s=people.retry_after_s)
    refuse_unfit(who)
    belongs = who.sets.values()
    if any(belongs):
        return
    if None in belongs:
        raise errors.IdentityUnverified(retry_after_s=people.retry_after_s)
    raise freeze_errors.FreezeNotAllowed(_whom(policy, scope))


def _whom(policy: Policy, scope: str) -> str:
    what = "everything" if scope == ALL else policy.channel(scope).name
    names = policy.freezers(scope)
    if names:
        return f"Only {' or '.join(names)} may freeze {what} and lift that."
    return (
        "Nobody may freeze everything: the policy names nobody for it. "
        "Name people sets under `defaults: freeze:`."
    )
