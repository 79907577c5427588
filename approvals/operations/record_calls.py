"""Audit of the calls a rule allowed or denied at once: gathered in memory, written in batches.

The allow path must not wait for a disk; so its events are stored within FLUSH_AFTER or
FLUSH_EVENTS of them, unless the rule says `audit: strict`. When they cannot be written, the gate
stops allowing (`is_full`): what is not audited does not run.
"""

from collections import deque
from datetime import datetime, timedelta

from approvals.domain.approval_request import Requester
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.requirement import Effect, Requirement
from approvals.domain.tool_call import ToolCall
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction

FLUSH_AFTER = timedelta(seconds=1)
FLUSH_EVENTS = 500
WAITING_MAX = 10_000


class CallLog:
    """The allowed and denied calls not yet in the audit log."""

    def __init__(self) -> None:
        """Start empty."""
        self._waiting: deque[tuple[ToolCall, Requirement, Requester, datetime]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_full(self) -> bool:
        """Whether so much could not be written that nothing more may be allowed."""
        return len(self._waiting) >= WAITING_MAX

    def add(
        self, call: ToolCall, requirement: Requirement, *, requester: Requester, at: datetime
    ) -> None:
        """Remember one call; the event is made when it is written."""
        self._waiting.append((call, requirement, requester, at))

    async def flush(self, desk: Desk) -> int:
        """Write what waits and return how many events that were.

        Raises:
            StoreUnavailable: nothing was written; everything still waits.
        """
        batch = list(self._waiting)
        if not batch:
            return 0

        def unit(tx: Transaction) -> None:
            tx.record(*(_event(desk, *entry) for entry in batch))

        await desk.store.write(unit)
        for _ in batch:
            self._waiting.popleft()
        return len(batch)


async def record_call(
    desk: Desk, call: ToolCall, requirement: Requirement, *, requester: Requester
) -> None:
    """Write one call's event before it runs, for rules that say `audit: strict`."""
    event = _event(desk, call, requirement, requester, desk.clock.now())
    await desk.store.write(lambda tx: tx.record(event))


def _event(
    desk: Desk, call: ToolCall, requirement: Requirement, requester: Requester, at: datetime
) -> AuditEvent:
    allowed = requirement.effect is Effect.ALLOW
    # No request row keeps a salt for these, so the digest is the call's own, cut short.
    return AuditEvent(
        name=AuditName.CALL_ALLOWED if allowed else AuditName.CALL_DENIED,
        subject=call.tool,
        at=at,
        data={
            "tool": call.tool,
            "digest": call.digest,
            "agent": requester.agent,
            "person": requester.person,
            "channel": requirement.channel,
            "rules": [match.name for match in requirement.rules],
            "policy_version": requirement.policy_version,
            "gateway": desk.owner,
        },
    )
