"""`Gate.ask()`: a program puts a question to people and goes on with their answer.

The question goes the way of a guarded call, under the rules for the tool `sayso.inquiry`; its
answer comes back in the outcome, as data. Nothing runs by it and no permit is claimed.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar, overload

from approvals.domain.approval_request import Requester
from approvals.domain.inquiry import INQUIRY_TOOL, inquiry_call
from approvals.gate.answer_types import Wanted, wanted
from approvals.gate.connecting import Connecting
from approvals.gate.context import NOTHING_KNOWN, current
from approvals.gate.exceptions import unavailable
from approvals.gate.gateway import Clearance, Proposal
from approvals.gate.proposing import within
from approvals.gate.questions import Hearer, OnQuestion

Option = TypeVar("Option")
Typed = TypeVar("Typed")


class Asking(Connecting):
    """The part of a gate that asks people for answers; see `gate.Gate`."""

    agent: str
    _channel: str | None
    _on_question: OnQuestion | None

    @overload
    async def ask(self, question: str, /, *, channel: str | None = None) -> str: ...
    @overload
    async def ask(
        self, question: str, /, *, options: Iterable[Option], channel: str | None = None
    ) -> Option: ...
    @overload
    async def ask(
        self, question: str, /, *, schema: type[Typed], channel: str | None = None
    ) -> Typed: ...
    @overload
    async def ask(self, question: str, /, *, schema: Any, channel: str | None = None) -> Any: ...
    async def ask(
        self,
        question: str,
        /,
        *,
        options: Iterable[Any] | None = None,
        schema: Any = None,
        channel: str | None = None,
    ) -> Any:
        """Ask people *question*, wait for their answer and return it; the first answer counts.

        An answer is data: it approves nothing, and a guarded call asks for itself.

        Args:
            question: at most 1,000 characters; shown as the agent's own, unverified words.
            options: what there is to choose from, 1 to 99 texts or numbers; returns one of them.
            schema: what the answer has to be, as a type, a pydantic model or a JSON schema whose
                every keyword can be checked; a text by default.
            channel: whose people are asked; else the gate's channel, else the policy's `tools:`.

        Raises:
            InvalidInquiry: it cannot be asked so that every answer is sure to fit.
            CallNotApproved: nobody answered; the subclass says why, `CallRejected` that somebody
                declined to.
            AnswerMisfit: the type's own validators refuse what its schema takes.
        """
        want = wanted(options, schema)
        proposal = self._inquiry(question, want, channel=channel, is_blocking=False)
        connection = self.connection
        clearance = connection.admit(proposal)
        if clearance is None:
            clearance = await connection.ask(proposal)
        return _answered(clearance, want)

    @overload
    def ask_blocking(self, question: str, /, *, channel: str | None = None) -> str: ...
    @overload
    def ask_blocking(
        self, question: str, /, *, options: Iterable[Option], channel: str | None = None
    ) -> Option: ...
    @overload
    def ask_blocking(
        self, question: str, /, *, schema: type[Typed], channel: str | None = None
    ) -> Typed: ...
    @overload
    def ask_blocking(self, question: str, /, *, schema: Any, channel: str | None = None) -> Any: ...
    def ask_blocking(
        self,
        question: str,
        /,
        *,
        options: Iterable[Any] | None = None,
        schema: Any = None,
        channel: str | None = None,
    ) -> Any:
        """Do the same from code without asyncio: the thread waits.

        Raises:
            WouldDeadlock: it was called on the gateway's own event loop; and as `ask` does.
        """
        want = wanted(options, schema)
        connection = self.connection
        connection.refuse_own_loop(INQUIRY_TOOL)
        proposal = self._inquiry(question, want, channel=channel, is_blocking=True)
        return _answered(connection.clear(proposal), want)

    def _inquiry(
        self, question: str, want: Wanted, *, channel: str | None, is_blocking: bool
    ) -> Proposal:
        hearer = Hearer.of(self._on_question)
        if hearer is not None and is_blocking:  # its loop, if any, stands still while this waits
            hearer = replace(hearer, loop=None)
        proposal = Proposal(
            call=inquiry_call(question, want.schema),
            requester=Requester(agent=self.agent),
            channel=channel or self._channel,
            hearer=hearer,
        )
        context = current()
        return proposal if context is NOTHING_KNOWN else within(proposal, context)


def _answered(clearance: Clearance, want: Wanted) -> Any:
    """Return what was answered; a gateway that knows no inquiries gives none."""
    outcome = clearance.outcome
    if outcome is None:
        unavailable("This gateway asks nobody for answers.")
    heard = current().outcomes
    if heard is not None:
        heard.append(outcome)
    return want.read(outcome.answer)
