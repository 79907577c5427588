"""The policy file of a running gateway: what it says is met by Slack before it is in force.

Used by the composition root, once at start and then on its own clock. A file whose people Slack
does not know never replaces the policy in force; every change, and every refusal, is audited.
"""

import asyncio
from datetime import datetime, timedelta

from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.policy import Policy
from approvals.operations.desk import Desk
from approvals.operations.meet_people import Met, meet_people
from approvals.operations.policy_news import policy_in_force
from approvals.storage.mistakes import Mistakes, PolicyInvalid
from approvals.storage.policy_file import PolicyChange, PolicyFile

ASK_AGAIN_AFTER = timedelta(seconds=30)


class PolicyWatch:
    """Looks at the file and puts what it finds in force."""

    def __init__(self, desk: Desk, policy_file: PolicyFile) -> None:
        """Watch *policy_file*; nothing is looked at yet."""
        self._desk = desk
        self._file = policy_file
        self._waiting: Policy | None = None
        """A policy that Slack could not yet be asked about."""
        self._ask_at: datetime | None = None
        self._recorded: str | None = None
        """The version the store knows to be in force."""

    async def begin(self) -> None:
        """Let Slack meet the people of the policy the gateway starts with.

        Raises:
            PolicyInvalid: there are some whom Slack does not know, or cannot tell about now.
        """
        met = await meet_people(self._desk.directory, self._file.policy)
        if met.unmet:
            raise self._invalid(met)
        self._file.policy = met.policy
        await self._record()

    async def look(self) -> None:
        """Read the file if it changed; audit what came of it."""
        await self._record()  # should the store have been away when the policy came into force
        found = await asyncio.to_thread(self._file.look)
        if isinstance(found, PolicyChange):
            self._waiting = None
            await self._audit_refusal(found)
        elif found is not None:
            await self._meet(found)
        elif self._waiting is not None and self._is_time():
            await self._meet(self._waiting)

    async def _record(self) -> None:
        policy = self._file.policy
        if policy.version != self._recorded:
            await policy_in_force(self._desk, policy, self._file.text)
            self._recorded = policy.version

    def _is_time(self) -> bool:
        return self._ask_at is None or self._desk.clock.now() >= self._ask_at

    async def _meet(self, policy: Policy) -> None:
        met = await meet_people(self._desk.directory, policy)
        if not met.unmet:
            self._waiting = None
            self._file.accept(met.policy)
            await self._record()
            return
        is_passing = any(each.is_passing for each in met.unmet)
        self._waiting = policy if is_passing else None
        self._ask_at = self._desk.clock.now() + ASK_AGAIN_AFTER
        refusal = self._invalid(met)
        if refusal.mistakes != self._file.mistakes:
            await self._audit_refusal(self._file.refuse(refusal))

    def _invalid(self, met: Met) -> PolicyInvalid:
        mistakes = Mistakes(self._file.path.name)
        for each in met.unmet:
            mistakes.add(each.people, each.text)
        return PolicyInvalid(mistakes.found)

    async def _audit_refusal(self, change: PolicyChange) -> None:
        event = AuditEvent(
            name=AuditName.POLICY_REFUSED,
            subject=self._desk.owner,
            at=self._desk.clock.now(),
            data={
                "policy_version": change.policy_version,
                "previous_version": change.previous_version,
                "mistakes": [str(mistake) for mistake in change.mistakes],
            },
        )
        await self._desk.store.write(lambda tx: tx.record(event))
