"""The gateway of this process, as the gate sees it: admit at once, or ask and wait for the end.

Built by the composition root over the operations. Holds one future per waiting caller and nothing
else; the rows are the truth, so a caller that comes back by its key finds its question again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Coroutine
from contextlib import ExitStack
from functools import partial
from typing import Any

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest, Status
from approvals.domain.asked_back import AskedBack
from approvals.domain.ids import ChannelId, RequestId
from approvals.domain.inquiry import is_inquiry
from approvals.domain.outcome import lapsed, outcome_of, refused, unavailable
from approvals.domain.plain_tool import PlainArguments, PlainTool
from approvals.domain.requirement import Effect
from approvals.gate.exceptions import not_approved
from approvals.gate.gateway import Clearance, Proposal
from approvals.gate.local_admission import Admission
from approvals.gate.local_claims import (
    cleared,
    gave_back,
    gave_up,
    heard,
    once_more,
    question,
    spent,
    strictly,
    withdrawn,
)
from approvals.gate.local_pauses import clear_or_pause
from approvals.gate.pending_keys import PendingKeys
from approvals.gate.questions import Hearer
from approvals.gate.waiting_room import Waiter, WaitingRoom, tell_waiting
from approvals.operations.answerer import Said
from approvals.operations.ask import Ask, new_request
from approvals.operations.cancel_request import cancel_key
from approvals.operations.check_authority import refuse_ended_authority
from approvals.operations.claim_permit import claim_permit
from approvals.operations.desk import Desk
from approvals.operations.freeze_copy import FreezeCopy
from approvals.operations.record_calls import CallLog
from approvals.operations.report_execution import report_execution
from approvals.operations.submit_request import submit_request

REPORT_AGAIN_AFTER_S = 1.0
_log = logging.getLogger("sayso.gate")


class LocalGateway:
    """Implements `gateway.Gateway` in process."""

    def __init__(self, desk: Desk, call_log: CallLog, freezes: FreezeCopy) -> None:
        """Take the ports and what is frozen; must be built on the gateway's event loop."""
        self._desk = desk
        self._admission = Admission(desk, call_log, freezes)
        self._loop = asyncio.get_running_loop()
        self._room = WaitingRoom()
        self._endings: set[asyncio.Task[None]] = set()
        self._is_closing = False
        self._pending = PendingKeys()
        desk.store.on_commit(self._room.wake)
        desk.store.on_commit(self._pending.forget)

    def passes(self, tool: PlainTool, arguments: PlainArguments) -> bool:
        """See `Gateway.passes`."""
        return not self._is_closing and self._admission.passes(tool, arguments)

    def admit(self, proposal: Proposal) -> Clearance | None:
        """See `Gateway.admit`."""
        if self._is_closing:
            raise not_approved(unavailable("The gateway is shutting down."))
        if proposal.run_id is not None:
            return None  # whether its starter may still act is asked first
        return self._admission.admit(proposal)

    async def ask(self, proposal: Proposal) -> Clearance:
        """See `Gateway.ask`."""
        if self._is_closing:
            raise not_approved(unavailable("The gateway is shutting down."))
        try:
            if proposal.run_id is not None:
                await refuse_ended_authority(
                    self._desk,
                    proposal.requester,
                    tool=proposal.call.tool,
                    run_id=proposal.run_id,
                )
                if (clearance := self._admission.admit(proposal)) is not None:
                    return clearance
            requirement = self._admission.requirement(proposal)
            if proposal.pauses:
                return await clear_or_pause(self._desk, proposal, requirement, claim=self._claimed)
            if requirement.effect is not Effect.ASK:
                return await strictly(self._desk, proposal, requirement)
            answering = self._answered(question(proposal, requirement), proposal.hearer)
            # What is still referred to here stays in memory for as long as people take.
            del proposal, requirement
            return await answering
        except errors.Refusal as refusal:
            raise not_approved(refused(refusal)) from refusal

    async def report(
        self,
        clearance: Clearance,
        *,
        succeeded: bool,
        result: str,
        was_cancelled: bool = False,
        is_unknown: bool = False,
    ) -> None:
        """See `Gateway.report`."""
        if clearance.request_id is None:
            return
        telling = partial(
            report_execution,
            self._desk,
            clearance.request_id,
            succeeded=succeeded,
            result=result,
            is_interrupted=is_unknown or (was_cancelled and self._is_closing),
        )
        try:
            await telling()
        except errors.StoreUnavailable as trouble:
            if self._is_closing:
                raise
            _log.error("How request %s ended waits: %s", clearance.request_id, trouble.message)
            self._spawn(self._told_later(clearance.request_id, telling))

    async def give_back(self, clearance: Clearance) -> None:
        """See `Gateway.give_back`."""
        if clearance.request_id is not None:
            await gave_back(self._desk, clearance.request_id)

    async def until_decided(self, request_ids: Collection[RequestId]) -> None:
        """See `Gateway.until_decided`."""
        waiter: Waiter = self._loop.create_future()
        with ExitStack() as places:
            for request_id in request_ids:
                places.enter_context(self._room.waiting(request_id, waiter))
            for request_id in request_ids:
                request = await self._desk.store.request(request_id)
                if request is None or not request.is_pending:
                    return
            try:
                await waiter
            except asyncio.CancelledError:
                if self._is_closing:
                    raise not_approved(unavailable("The gateway is shutting down.")) from None
                raise

    async def pending(self, key: str) -> RequestId | None:
        """See `Gateway.pending`."""

        async def read() -> RequestId | None:
            found = await self._desk.store.write(lambda tx: tx.request_by_key(key))
            return found.id if found is not None and found.is_pending else None

        return await self._pending.find(key, read)

    async def cancel(self, key: str, *, agent: str) -> bool:
        """See `Gateway.cancel`."""
        return await cancel_key(self._desk, key, agent=agent)

    async def close(self) -> None:
        """Detach every waiter: their questions stay, their callers hear `unavailable`."""
        self._is_closing = True
        self._room.close()
        if self._endings:
            await asyncio.wait(self._endings, timeout=1)

    def channel_id(self, reference: str) -> ChannelId:
        """Return the id of a channel of the policy, given its id or name.

        Raises:
            ChannelUnknown: the policy has no such channel.
        """
        return self._desk.policy().channel(reference).id

    async def answer(self, request: ApprovalRequest, asked: AskedBack) -> Said:
        """Return what the program that waits for *request* says to an approver.

        Raises:
            NotNow: it is not here.
        """
        return await heard(self._room.hearer(request.id), request, asked)

    @property
    def waiting_count(self) -> int:
        """How many callers wait in this process."""
        return len(self._room)

    async def _answered(self, ask: Ask, hearer: Hearer | None) -> Clearance:
        """Ask, wait and claim; an approval that lapsed meanwhile is asked for once more."""
        digest = ask.call.digest
        ending = self._ended(ask, hearer)
        # While people think, nothing of the question is kept but its id (ADR-0010).
        del ask
        for _ in range(2):
            request = await ending
            if request.status is not Status.APPROVED:
                raise not_approved(outcome_of(request))
            if is_inquiry(request.call):
                return cleared(request, ())  # there is nothing to run, and nothing to claim
            try:
                return await self._claimed(request, digest)
            except errors.PermitLapsed:
                ending = self._ended(once_more(self._desk, request), hearer)
            except errors.Frozen:
                if request.key is None:  # nobody can come back for it when the freeze has ended
                    self._spawn(withdrawn(self._desk, request.id))
                raise
            except errors.AlreadyClaimed as claimed:
                raise not_approved(spent(claimed, request)) from claimed
        ending.close()
        raise not_approved(lapsed(request))

    async def _claimed(
        self, request: ApprovalRequest, digest: str, *, repeats: bool = False
    ) -> Clearance:
        claim = self._loop.create_task(
            claim_permit(self._desk, request.id, digest=digest, repeats=repeats)
        )
        try:
            claimed = await asyncio.shield(claim)
            return cleared(claimed.request, claimed.approvals)
        except asyncio.CancelledError:
            # The claim goes on being stored; without its caller the body never runs.
            self._spawn(gave_up(self._desk, claim))
            raise

    async def _ended(self, ask: Ask, hearer: Hearer | None) -> ApprovalRequest:
        request = new_request(self._desk, ask)
        waiter: Waiter = self._loop.create_future()
        own_id, key = request.id, ask.key
        submitting = submit_request(self._desk, request, schema=ask.schema)
        del ask, request
        try:
            with self._room.waiting(own_id, waiter, hearer):
                stored = await submitting
                del submitting  # ended, it still holds what it ran on
                if stored.is_pending:
                    tell_waiting(stored)
                if stored.is_pending and stored.id == own_id:
                    del stored
                    return await waiter
            return await self._joined(stored, waiter, hearer)
        except asyncio.CancelledError:
            if self._is_closing:
                raise not_approved(unavailable("The gateway is shutting down.")) from None
            if key is None:
                self._spawn(withdrawn(self._desk, own_id))
            raise

    async def _joined(
        self, stored: ApprovalRequest, waiter: Waiter, hearer: Hearer | None
    ) -> ApprovalRequest:
        """Wait for a question that was found under its key, unless it has ended."""
        if not stored.is_pending:
            return stored
        with self._room.waiting(stored.id, waiter, hearer):
            # It may have ended between the commit that found it and this line.
            now = await self._desk.store.request(stored.id) or stored
            return await waiter if now.is_pending else now

    async def _told_later(
        self, request_id: RequestId, telling: Callable[[], Awaitable[None]]
    ) -> None:
        """Tell how a body ended once the store is back: nobody else knows, and people may wait."""
        while not self._is_closing:
            await asyncio.sleep(REPORT_AGAIN_AFTER_S)
            try:
                await telling()
            except errors.StoreUnavailable:
                continue
            except errors.Refusal as refusal:
                _log.error("How request %s ended is not kept: %s", request_id, refusal.message)
            return

    def _spawn(self, ending: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(ending)
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)
