"""The end of a hold: approve what was held back if everything still holds, else let people decide.

Called by the clock's turn for each request whose `held_until` has come, also after a restart.
People, policy and freezes are read anew, as at a click: an approval counts as of this moment.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest, Cause
from approvals.domain.hold import HoldVoid, voided
from approvals.domain.ids import RequestId, TeamId, UserId
from approvals.domain.lifecycle import advance
from approvals.domain.quorum import is_met
from approvals.operations.check_decider import rules_now
from approvals.operations.click import PeopleMissing, Presser
from approvals.operations.count_approvals import approvals_now
from approvals.operations.desk import Desk
from approvals.operations.people_now import people_now, person_now, together
from approvals.operations.ports import Transaction
from approvals.operations.refuse_frozen import freeze_of
from approvals.operations.save_step import save_step
from approvals.operations.shared_cards import alike_locked

ASKS_AGAIN_AFTER = timedelta(seconds=5)
"""How long it waits for a directory that could not say who may approve."""
UNCERTAIN_FOR = timedelta(minutes=1)
"""After so long without an answer the hold is void."""
_READS_MAX = 4


async def end_hold(desk: Desk, request_id: RequestId) -> None:
    """Approve the request, void its hold, or look again in a moment.

    Raises:
        StoreUnavailable: nothing was stored.
    """
    names: frozenset[str] = frozenset()
    accounts: dict[UserId, TeamId] = {}
    for _ in range(_READS_MAX):
        who = await _look_up(desk, names, accounts=accounts)
        try:
            await desk.store.write(partial(_end, desk=desk, request_id=request_id, who=who))
            return
        except PeopleMissing as missing:
            names = missing.names
            accounts.update(missing.accounts)
    again_at = desk.clock.now() + ASKS_AGAIN_AFTER
    await desk.store.write(lambda tx: tx.set_aside(request_id, again_at))


def _end(tx: Transaction, *, desk: Desk, request_id: RequestId, who: Presser) -> None:
    """End the hold of the request, and of those approved with it by the same click."""
    now = desk.clock.now()
    for request in alike_locked(tx, request_id):
        if request.is_pending and request.held_until is not None and request.held_until <= now:
            _end_one(tx, desk, request, who=who, now=now)


def _end_one(
    tx: Transaction, desk: Desk, request: ApprovalRequest, *, who: Presser, now: datetime
) -> None:
    freeze = freeze_of(tx, request, now=now)
    if freeze is not None:
        step = voided(request, HoldVoid.FROZEN, now=now)
        if request.expires_at <= now:
            # Nobody could approve it again, and it was answered in time: that is no timeout.
            by, reason = freeze.by.user, freeze.reason
            step = advance(request, Cause.FROZEN, now=now, by=by, reason=reason)
        save_step(tx, step)
        return
    try:
        _count(tx, desk, request, who=who.on(request), now=now)
    except errors.DecisionRefused:
        return  # denied by now, or nobody is left: that has closed it


def _count(
    tx: Transaction, desk: Desk, request: ApprovalRequest, *, who: Presser, now: datetime
) -> None:
    counts = rules_now(tx, desk, request, who=who, at=now)
    approvals = approvals_now(tx, request, tx.decisions(request.id), counts=counts, who=who)
    if is_met(counts.rules, [each.sets for each in approvals]):
        last = max(approvals, key=lambda each: each.at)
        step = advance(request, Cause.PEOPLE, now=now, by=last.user, reason=last.reason)
        save_step(tx, step)
        return
    assert request.held_until is not None
    is_certain = None not in who.people.values() and None not in who.others.values()
    if is_certain or now >= request.held_until + UNCERTAIN_FOR:
        why = HoldVoid.NOT_ENOUGH if is_certain else HoldVoid.UNCERTAIN
        save_step(tx, voided(request, why, now=now))
        return
    tx.set_aside(request.id, now + ASKS_AGAIN_AFTER)


async def _look_up(
    desk: Desk, names: frozenset[str], *, accounts: Mapping[UserId, TeamId]
) -> Presser:
    policy = desk.policy()
    read = await people_now(desk, policy, names, fresh=True)
    found = [person_now(desk.directory, user, team) for user, team in accounts.items()]
    others = dict(zip(accounts, await together(found), strict=True))
    return Presser(
        person=None,
        people=read.members,
        policy_version=policy.version,
        others=others,
        is_fresh=True,
    )
