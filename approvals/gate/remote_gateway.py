"""A gateway elsewhere, as the gate sees it: ask over HTTP, wait for the end, claim, run, tell.

Opened by `remote_opening`; implements `gateway.Gateway`. Whatever cannot be known ends as
`unavailable`, and no body runs without a claim that was answered (ADR-0039).
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from approvals.domain import errors
from approvals.domain.approval_request import Status
from approvals.domain.ids import RequestId
from approvals.domain.outcome import Outcome, OutcomeKind, refused, unavailable
from approvals.domain.plain_tool import PlainArguments, PlainTool
from approvals.domain.used_permit import LAPSED
from approvals.gate import wire
from approvals.gate.exceptions import CallPaused, not_approved
from approvals.gate.gateway import Clearance, Proposal
from approvals.gate.remote_claims import RemoteClaims
from approvals.gate.remote_door import Refused, RemoteDoor, Trouble
from approvals.gate.remote_outcomes import ended_in, outcome_in, refused_by, used_before
from approvals.gate.remote_patience import Patience, Times
from approvals.gate.remote_question import RemoteQuestion, name_of
from approvals.gate.remote_stream import Streamed
from approvals.gate.remote_waiting import LongPoll, waits_until

_log = logging.getLogger("sayso.gate")
_CLOSED = "This gate was closed while the call waited."


class RemoteGateway:
    """Implements `gateway.Gateway` over the HTTP door of another process."""

    def __init__(
        self, door: RemoteDoor, *, times: Times | None = None, lease: timedelta | None = None
    ) -> None:
        """Use *door*; must be built on the event loop it is used on."""
        self._door = door
        self._times = times or Times()
        self._patience = Patience(times=self._times)
        self._polling = LongPoll(door, self._patience)
        self._endings = Streamed(http=door.http, patience=self._patience, polling=self._polling)
        self._claims = RemoteClaims(
            door=door, patience=self._patience, spawn=self._spawn, lease=lease
        )
        self._waiting: set[asyncio.Task[Any]] = set()
        self._going_on: set[asyncio.Task[Any]] = set()
        self._is_closing = False

    def passes(self, tool: PlainTool, arguments: PlainArguments) -> bool:
        """See `Gateway.passes`: what is allowed, only the gateway knows."""
        return False

    def admit(self, proposal: Proposal) -> Clearance | None:
        """See `Gateway.admit`: every call is asked about."""
        self._refuse_closing()
        return None

    async def ask(self, proposal: Proposal) -> Clearance:
        """See `Gateway.ask`."""
        self._refuse_closing()
        try:
            question = RemoteQuestion.of(proposal)
        except errors.Refusal as refusal:
            raise not_approved(refused(refusal)) from refusal
        answering = self._answered(question, claims=proposal.claims, pauses=proposal.pauses)
        # What is still referred to here stays in memory for as long as people take.
        del proposal, question
        clearance: Clearance = await self._until_closed(answering, unused=self.give_back)
        return clearance

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
        is_unknown = is_unknown or (was_cancelled and self._is_closing)
        await self._claims.report(
            clearance, succeeded=succeeded, result=result, is_unknown=is_unknown
        )

    async def give_back(self, clearance: Clearance) -> None:
        """See `Gateway.give_back`."""
        await self._claims.give_back(clearance)

    async def until_decided(self, request_ids: Collection[RequestId]) -> None:
        """See `Gateway.until_decided`."""
        if request_ids:
            await self._until_closed(self._one_ended(request_ids))

    async def pending(self, key: str) -> RequestId | None:
        """See `Gateway.pending`."""
        found = await self._until_closed(self._named(key))
        is_pending = found is not None and found.status is Status.PENDING
        return RequestId(found.id) if is_pending else None

    async def cancel(self, key: str, *, agent: str) -> bool:
        """See `Gateway.cancel`; whose agent it is, the key for the gateway says."""
        request_id = await self.pending(key)
        if request_id is None:
            return False
        with suppress(Refused):  # it ended meanwhile
            await self._until_closed(self._cancelled(request_id))
            return True
        return False

    async def close(self) -> None:
        """Send those who wait away, and tell the gateway what it has still to know."""
        self._is_closing = True
        for waiting in list(self._waiting):
            waiting.cancel()
        if self._waiting:
            await asyncio.wait(self._waiting, timeout=1)
        self._patience.hurry()
        loop = asyncio.get_running_loop()
        until = loop.time() + self._times.flush_s
        while self._going_on and (left_s := until - loop.time()) > 0:
            await asyncio.wait(self._going_on, timeout=left_s)
        late = list(self._going_on)
        for each in late:
            each.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        await self._endings.close()
        await self._door.http.close()

    async def _until_closed(
        self,
        answering: Coroutine[Any, Any, Any],
        *,
        unused: Callable[[Any], Coroutine[Any, Any, None]] | None = None,
    ) -> Any:
        """Return what *answering* does; raises CallUnavailable where the gate closes first.

        An answer whose caller was cancelled at the same moment is *unused*.
        """
        waiting = asyncio.get_running_loop().create_task(answering)
        del answering
        self._waiting.add(waiting)
        waiting.add_done_callback(self._waiting.discard)
        try:
            return await waiting
        except (Refused, Trouble) as refusal:
            raise not_approved(refused_by(refusal)) from None
        except asyncio.CancelledError:
            if unused and waiting.done() and not waiting.cancelled() and not waiting.exception():
                self._spawn(unused(waiting.result()))
            caller = asyncio.current_task()
            if self._is_closing and caller is not None and not caller.cancelling():
                raise not_approved(unavailable(_CLOSED)) from None
            raise

    async def _answered(self, question: RemoteQuestion, *, claims: bool, pauses: bool) -> Clearance:
        """Ask, wait and claim; an approval that lapsed meanwhile is asked for once more."""
        for _ in range(2):
            approval = await self._opened(question)
            since = asyncio.get_running_loop().time()
            request_id = RequestId(approval.id)
            if pauses and approval.status is Status.PENDING:
                raise CallPaused(request_id)
            approval = await self._ended(question, approval, since=since)
            if approval.status is not Status.APPROVED:
                raise not_approved(ended_in(approval))
            if not claims or question.is_inquiry:
                return _unclaimed(question, approval)
            until = waits_until(approval, since=since, grace_s=self._times.grace_s)
            try:
                return await self._claims.take(question, request_id, until=until)
            except Refused as refusal:
                await self._refused_claim(refusal, question, request_id)
        raise not_approved(Outcome(kind=OutcomeKind.LAPSED, message=LAPSED, request_id=request_id))

    async def _refused_claim(
        self, refusal: Refused, question: RemoteQuestion, request_id: RequestId
    ) -> None:
        """Return if the question may be asked once more; raises what its asker is told else."""
        if refusal.code == errors.PermitLapsed.code:
            return
        if refusal.code == errors.AlreadyClaimed.code:
            read = partial(self._door.read, request_id)
            raise not_approved(used_before(await self._patience.persist(read, until=self._soon())))
        if refusal.code == errors.Frozen.code:  # nobody can come back when the freeze has ended
            self._leave(question, request_id)
        raise refusal

    async def _opened(self, question: RemoteQuestion) -> wire.Approval:
        attempt = partial(self._door.ask, question.written, question.name)
        opening = self._spawn(self._patience.persist(attempt, until=self._soon()))
        try:
            approval: wire.Approval = await asyncio.shield(opening)
        except asyncio.CancelledError:
            self._spawn(self._left_while_asked(opening, question))
            raise
        if approval.digest != question.digest:
            self._leave(question, RequestId(approval.id))
            raise not_approved(refused(errors.ArgsMismatch()))
        if approval.status is Status.PENDING:
            _tell_waiting(approval)
        return approval

    async def _ended(
        self, question: RemoteQuestion, approval: wire.Approval, *, since: float
    ) -> wire.Approval:
        try:
            return await self._endings.ended(approval, since=since)
        except (asyncio.CancelledError, Trouble):
            self._leave(question, RequestId(approval.id))
            raise

    async def _left_while_asked(
        self, opening: asyncio.Task[wire.Approval], question: RemoteQuestion
    ) -> None:
        with suppress(Refused, Trouble):
            self._leave(question, RequestId((await opening).id))

    def _leave(self, question: RemoteQuestion, request_id: RequestId) -> None:
        """Withdraw a question whose asker is gone and cannot come back for it."""
        if not question.has_key:
            self._spawn(self._withdrawn(request_id))

    async def _withdrawn(self, request_id: RequestId) -> None:
        try:
            await self._cancelled(request_id)
        except (Refused, Trouble) as refusal:
            if refusal.code != errors.AlreadyDecided.code:
                _log.error("Request %s could not be withdrawn: %s", request_id, refusal.said)

    async def _cancelled(self, request_id: RequestId) -> None:
        cancelling = partial(self._door.cancel, request_id, wire.Cancel())
        await self._patience.persist(cancelling, until=self._soon())

    def _soon(self) -> float:
        """Return when the gateway has to have answered, by the loop's clock."""
        return asyncio.get_running_loop().time() + self._times.asked_within_s

    async def _named(self, key: str) -> wire.Approval | None:
        named = partial(self._door.named, name_of(key))
        return await self._patience.persist(named, until=self._soon())

    async def _one_ended(self, request_ids: Collection[RequestId]) -> None:
        watching = {asyncio.create_task(self._watched(each)) for each in request_ids}
        try:
            done, _ = await asyncio.wait(watching, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                await each
        finally:
            for each in watching:
                each.cancel()

    async def _watched(self, request_id: RequestId) -> None:
        while (await self._polling.look(request_id)).status is Status.PENDING:
            pass

    def _spawn(self, going_on: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Let something go on without its caller; it is waited for when the gate closes."""
        task = asyncio.get_running_loop().create_task(going_on)
        self._going_on.add(task)
        task.add_done_callback(self._over)
        return task

    def _over(self, task: asyncio.Task[Any]) -> None:
        self._going_on.discard(task)
        error = None if task.cancelled() else task.exception()  # whoever waits for it hears it too
        if error is not None and not isinstance(error, Refused | Trouble):
            _log.error("What a gate does in the background failed", exc_info=error)

    def _refuse_closing(self) -> None:
        if self._is_closing:
            raise not_approved(unavailable("The gate is closing."))


def _unclaimed(question: RemoteQuestion, approval: wire.Approval) -> Clearance:
    """Return what says that it is approved, by which nothing can run."""
    request_id, told = RequestId(approval.id), approval.outcome
    return Clearance(
        request_id=request_id,
        digest=question.digest,
        arguments_json="",
        outcome=None if told is None else outcome_in(told, request_id),
    )


def _tell_waiting(approval: wire.Approval) -> None:
    """Log at INFO what a caller begins to wait for, which otherwise looks like hanging."""
    _log.info(
        "%.100r waits for a decision in %s until %s (request %s)",
        approval.tool,
        approval.channel_name,
        f"{approval.expires_at:%Y-%m-%d %H:%M:%S %Z}",
        approval.id,
    )
