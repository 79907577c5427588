"""Before each call of a task: may the person who started it still act at all?

Called by the local gateway for calls of a run. A task goes on in somebody's name for as long as
they have an account of their own here; with the account ends what it may start, not what has begun.
"""

import asyncio

from approvals.domain import errors, run_errors
from approvals.domain.approval_request import Requester
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.decision import refuse_unfit
from approvals.domain.ids import RunId
from approvals.operations.check_presser import approver
from approvals.operations.desk import Desk
from approvals.operations.ports import DirectoryUnavailable, Person

ANSWERED_WITHIN_S = 60.0
"""How long a task waits for a directory that cannot say; nobody watches it, so it can."""
_WAIT_FIRST_S = 1.0
_WAIT_MAX_S = 10.0


async def refuse_ended_authority(
    desk: Desk, requester: Requester, *, tool: str, run_id: RunId
) -> None:
    """Return if the person *requester* names may still act; nobody named has no authority to lose.

    Raises:
        AuthorityEnded: they may not; that is audited.
        Unavailable: the directory did not say in time.
        StoreUnavailable: they may not, and that could not be audited.
    """
    if requester.person is None:
        return
    person = await _person(desk, requester)
    try:
        refuse_unfit(approver(person, {}))
    except errors.DecisionRefused as refusal:
        event = AuditEvent(
            name=AuditName.AUTHORITY_ENDED,
            subject=run_id,
            at=desk.clock.now(),
            data={
                "person": requester.person,
                "agent": requester.agent,
                "tool": tool,
                "code": refusal.code,
            },
        )
        await desk.store.write(lambda tx: tx.record(event))
        raise run_errors.AuthorityEnded from refusal


async def _person(desk: Desk, requester: Requester) -> Person:
    assert requester.person is not None
    loop = asyncio.get_running_loop()
    ends_at, wait_s = loop.time() + ANSWERED_WITHIN_S, _WAIT_FIRST_S
    while True:
        try:
            return await desk.directory.person(requester.person, requester.team)
        except DirectoryUnavailable as failure:
            pause_s = failure.retry_after_s or wait_s
            if loop.time() + pause_s > ends_at:
                raise errors.Unavailable(
                    "Slack could not say whether the person who started the task may still act."
                ) from failure
        await asyncio.sleep(pause_s)
        wait_s = min(wait_s * 2, _WAIT_MAX_S)
