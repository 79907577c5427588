"""The gateway of a script at a terminal: whoever started it is asked, and nothing is stored.

Opened by `with gate.console():`; implements `gateway.Gateway` without rows, Slack or a policy file,
so the bare install has it. Rules are those in code (`require_approval`); a gate without any asks
about every call. A question is answered only by what is typed after it was shown to its end.
"""

import asyncio
import contextlib
import getpass
import secrets
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from approvals.domain import errors, strict_json
from approvals.domain.approval_request import Cause, Status
from approvals.domain.ids import RequestId, UserId
from approvals.domain.inquiry import is_inquiry
from approvals.domain.outcome import (
    ENDINGS_OF_INQUIRIES,
    Outcome,
    OutcomeKind,
    ending,
    refused,
    unavailable,
)
from approvals.domain.plain_tool import PlainArguments, PlainTool
from approvals.domain.requirement import Effect
from approvals.domain.used_permit import ALREADY_RAN
from approvals.gate.console_inquiry import ConsoleInquiry
from approvals.gate.console_question import ConsoleQuestion, Typed
from approvals.gate.console_words import ended_line
from approvals.gate.exceptions import not_approved
from approvals.gate.gateway import Clearance, Gateway, Proposal
from approvals.gate.refusals import PauseNotStored
from approvals.gate.terminal import HERE, Terminal

_ENDED = dict(
    ending(*how)
    for how in (
        (Status.APPROVED, Cause.PEOPLE),
        (Status.REJECTED, Cause.PERSON),
        (Status.TIMED_OUT, Cause.TIMEOUT),
        (Status.CANCELLED, Cause.REQUESTER),
    )
) | {OutcomeKind.ALREADY_RAN: ALREADY_RAN}


def console_gateway(
    *, asks_all: bool, timeout: timedelta | None = None, tty: str = HERE
) -> Callable[[], AbstractAsyncContextManager[Gateway]]:
    """Return what opens the gateway at the terminal *tty*.

    Args:
        asks_all: ask about every call; else about those that rules in code name.
        timeout: how long a call waits from being asked; None waits as long as it takes.
        tty: path of the terminal.
    """

    @asynccontextmanager
    async def opened() -> AsyncIterator[Gateway]:
        terminal = Terminal.open(tty)
        try:
            yield ConsoleGateway(terminal, asks_all=asks_all, timeout=timeout)
        finally:
            terminal.close()

    return opened


@dataclass(slots=True)
class ConsoleGateway:
    """See the module. Used on one event loop; its questions are asked one after the other."""

    terminal: Terminal
    asks_all: bool
    timeout: timedelta | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _digests: dict[str, str] = field(default_factory=dict)
    """Of the calls that were cleared, by their key."""
    _answers: dict[str, str] = field(default_factory=dict)
    """To inquiries, by their key: they may be read again."""
    _waiting: dict[str, asyncio.Task[Typed]] = field(default_factory=dict)
    """The questions that wait, by their key."""
    _cleared: dict[RequestId, Proposal] = field(default_factory=dict)
    """The calls whose bodies run."""

    def passes(self, tool: PlainTool, arguments: PlainArguments) -> bool:
        """See `Gateway.passes`: here every call is admitted first."""
        return False

    def admit(self, proposal: Proposal) -> Clearance | None:
        """See `Gateway.admit`."""
        call = proposal.call
        if self.asks_all or proposal.pauses or proposal.code_effect is Effect.ASK:
            return None
        if is_inquiry(call):
            return None
        return Clearance(request_id=None, digest=call.digest, arguments_json=call.arguments_json)

    async def ask(self, proposal: Proposal) -> Clearance:
        """See `Gateway.ask`; a call that pauses is refused, since nothing is stored here."""
        if proposal.pauses:
            raise not_approved(refused(PauseNotStored()))
        request_id = RequestId(f"console-{secrets.token_hex(8)}")
        limit = self.timeout.total_seconds() if self.timeout else None
        try:
            async with asyncio.timeout(limit), self._turn:
                self._refuse_used(proposal, request_id)
                told = self._answers.get(proposal.key or "")
                typed = Typed(approves=True, answer=told) if told else await self._typed(proposal)
        except TimeoutError:
            raise not_approved(_outcome(proposal, OutcomeKind.TIMED_OUT, request_id)) from None
        if not typed.approves:
            outcome = _outcome(proposal, OutcomeKind.REJECTED, request_id, reason=typed.reason)
            raise not_approved(outcome)
        call = proposal.call
        if typed.answer is not None:
            return self._told(proposal, request_id, typed.answer)
        if proposal.key is not None:
            self._digests[proposal.key] = call.digest
        self._cleared[request_id] = proposal
        return Clearance(
            request_id=request_id,
            digest=call.digest,
            arguments_json=call.arguments_json,
            outcome=_outcome(proposal, OutcomeKind.APPROVED, request_id),
        )

    async def report(
        self,
        clearance: Clearance,
        *,
        succeeded: bool,
        result: str,
        was_cancelled: bool = False,
        is_unknown: bool = False,
    ) -> None:
        """See `Gateway.report`: how the body ended is told in one line."""
        proposal = self._cleared.pop(clearance.request_id, None) if clearance.request_id else None
        if proposal is not None:
            line = ended_line(
                proposal.call.tool, result, succeeded=succeeded, is_unknown=is_unknown
            )
            self.terminal.say(line)

    async def give_back(self, clearance: Clearance) -> None:
        """See `Gateway.give_back`."""
        proposal = self._cleared.pop(clearance.request_id, None) if clearance.request_id else None
        if proposal is not None and proposal.key is not None:
            self._digests.pop(proposal.key, None)

    async def until_decided(self, request_ids: Collection[RequestId]) -> None:
        """See `Gateway.until_decided`; nothing pauses here, so nothing is waited for."""

    async def pending(self, key: str) -> RequestId | None:
        """See `Gateway.pending`; nothing is found again here."""
        return None

    async def cancel(self, key: str, *, agent: str) -> bool:
        """See `Gateway.cancel`."""
        waiting = self._waiting.get(key)
        return waiting is not None and waiting.cancel()

    def _told(self, proposal: Proposal, request_id: RequestId, answer: str) -> Clearance:
        """Return what was answered to an inquiry; asked again under its key it is told again."""
        call = proposal.call
        if proposal.key is not None:
            self._digests[proposal.key] = call.digest
            self._answers[proposal.key] = answer
        outcome = _outcome(proposal, OutcomeKind.APPROVED, request_id)
        return Clearance(
            request_id=request_id,
            digest=call.digest,
            arguments_json=call.arguments_json,
            outcome=replace(outcome, answer=strict_json.read(answer)),
        )

    def _refuse_used(self, proposal: Proposal, request_id: RequestId) -> None:
        digest = self._digests.get(proposal.key) if proposal.key is not None else None
        if digest is None:
            return
        if digest != proposal.call.digest:
            raise not_approved(refused(errors.IdempotencyMismatch()))
        if not is_inquiry(proposal.call):
            raise not_approved(_outcome(proposal, OutcomeKind.ALREADY_RAN, request_id))

    async def _typed(self, proposal: Proposal) -> Typed:
        """Return what was typed; raises CallCancelled and CallUnavailable."""
        kind = ConsoleInquiry if is_inquiry(proposal.call) else ConsoleQuestion
        asking = asyncio.create_task(kind(self.terminal, proposal).answered())
        if proposal.key is not None:
            self._waiting[proposal.key] = asking
        try:
            await asyncio.wait([asking])
        finally:
            self._waiting.pop(proposal.key or "", None)
            if not asking.done():
                asking.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await asking
        if asking.cancelled():
            raise not_approved(_outcome(proposal, OutcomeKind.CANCELLED, None))
        typed = asking.result()
        if typed.is_over:
            raise not_approved(unavailable("The terminal was closed before anybody answered."))
        return typed


def _outcome(
    proposal: Proposal,
    kind: OutcomeKind,
    request_id: RequestId | None,
    *,
    reason: str | None = None,
) -> Outcome:
    by_person = kind in (OutcomeKind.APPROVED, OutcomeKind.REJECTED)
    words = ENDINGS_OF_INQUIRIES if is_inquiry(proposal.call) else _ENDED
    return Outcome(
        kind=kind,
        message=words[kind],
        reason=reason,
        request_id=request_id,
        by=UserId(f"console:{_account()}") if by_person else None,
    )


def _account() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # an account without a name, as in some containers
        return "unknown"
