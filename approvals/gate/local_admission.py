"""Who may run at once: calls that a rule allows or denies, without a database round trip.

Part of the local gateway. What is allowed here is on its way to the audit log before its body
runs; what cannot be kept, or is not surely free of a freeze, has to be asked of the store.
"""

from approvals.domain import errors
from approvals.domain.freeze import refusal as frozen_by
from approvals.domain.outcome import denied, refused, unavailable
from approvals.domain.plain_tool import PlainArguments, PlainTool
from approvals.domain.requirement import Effect, Requirement
from approvals.gate.exceptions import not_approved
from approvals.gate.gateway import Clearance, Proposal
from approvals.operations.desk import Desk
from approvals.operations.freeze_copy import FreezeCopy
from approvals.operations.record_calls import CallLog


class Admission:
    """What the rules, the freezes and the audit log say about a call now."""

    def __init__(self, desk: Desk, call_log: CallLog, freezes: FreezeCopy) -> None:
        """Take the ports, the log of calls and what is frozen."""
        self._desk = desk
        self._call_log = call_log
        self._freezes = freezes

    def requirement(self, proposal: Proposal) -> Requirement:
        """Return what the policy in force requires of *proposal*.

        Raises:
            CallNotApproved: there is no such channel.
        """
        policy = self._desk.policy()
        try:
            return policy.requirement(
                proposal.call, channel=proposal.channel, code_effect=proposal.code_effect
            )
        except errors.Refusal as refusal:
            raise not_approved(refused(refusal)) from refusal

    def passes(self, tool: PlainTool, arguments: PlainArguments) -> bool:
        """See `Gateway.passes`: true only where `admit` would give a clearance."""
        desk = self._desk
        try:
            found = desk.policy().passing(tool.name, tool.channel)
        except errors.Refusal:
            return False
        if found is None or not desk.store.is_writable:
            return False
        elapsed_s = desk.clock.elapsed_s()
        return self._freezes.is_free(found.channel, elapsed_s) and self._call_log.add_plain(
            tool, arguments, found, elapsed_s
        )

    def admit(self, proposal: Proposal) -> Clearance | None:
        """See `Gateway.admit`."""
        call = proposal.call
        requirement = self.requirement(proposal)
        if requirement.effect is Effect.ASK or requirement.audit_strict:
            return None
        if proposal.pauses and not (requirement.effect is Effect.ALLOW and proposal.traits.reads):
            return None  # what became of it under its key comes first
        if not self._desk.store.is_writable:
            raise not_approved(unavailable("The audit log cannot be written."))
        allows = requirement.effect is Effect.ALLOW
        if self._call_log.is_full or (allows and not self._freezes.is_fresh):
            return None  # `ask` writes this one's event first, and reads what is frozen with it
        frozen = None
        if allows:
            frozen = self._freezes.found(requirement.channel, proposal.card_channel)
        try:
            self._call_log.add(
                call,
                requirement,
                requester=proposal.requester,
                at=self._desk.clock.now(),
                is_frozen=frozen is not None,
            )
        except errors.UnsafeText as refusal:
            raise not_approved(refused(refusal)) from refusal
        if frozen is not None:
            raise not_approved(refused(frozen_by(frozen)))
        if requirement.effect is Effect.DENY:
            raise not_approved(denied(requirement))
        return Clearance(request_id=None, digest=call.digest, arguments_json=call.arguments_json)
