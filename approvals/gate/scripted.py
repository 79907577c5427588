"""A gateway of one test: it answers as the test says, and keeps what was asked and what ran.

Connected to a gate by `testing.scripted`; implements `gateway.Gateway` without rows or people. Each
call is cleared once, as by a real gateway.
"""

import inspect
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from approvals.domain import errors, strict_json
from approvals.domain.edit import changes
from approvals.domain.ids import RequestId, UserId
from approvals.domain.inquiry import is_inquiry, refuse_misfit
from approvals.domain.inquiry_errors import InvalidAnswer
from approvals.domain.outcome import Edited, Outcome, OutcomeKind, refused
from approvals.domain.plain_tool import PlainArguments, PlainTool
from approvals.domain.strict_json import JsonValue
from approvals.domain.tool_call import ToolCall
from approvals.gate.exceptions import not_approved
from approvals.gate.gateway import Clearance, Proposal

BY = UserId("U0TEST")
"""The account that answers."""
AT = datetime(2026, 1, 1, tzinfo=UTC)
"""When it answers: always the same."""


class NotScripted(AssertionError):
    """A call was made that the test has no answer for. It did not run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a call is answered with; made by `approved`, `answered` and the others."""

    kind: OutcomeKind
    reason: str | None = None
    arguments: dict[str, JsonValue] | None = None
    """What is different where people changed the call."""
    answers: bool = False
    """Whether it answers `gate.ask`, with *answer*."""
    answer: JsonValue = None


@dataclass(slots=True, kw_only=True)
class Asked:
    """One call that came to the gate."""

    tool: str
    arguments: dict[str, JsonValue]
    agent: str
    channel: str | None
    reason: str | None
    """The agent's own words."""
    key: str | None
    people: frozenset[str]
    """Whom the agent acts for: they could not approve it."""
    answer: Answer | None = None
    succeeded: bool | None = None
    """How the body ended; None while it has not, or never ran."""
    result: str | None = None
    """What the body returned or raised, as a text."""


Answers: TypeAlias = Answer | Mapping[str, Answer] | Callable[[Asked], Answer | Awaitable[Answer]]
"""One for all calls, one for each tool by its name, or a function of the call."""


@dataclass(slots=True)
class Scripted:
    """The answers of a test, and what was asked; see `scripted`."""

    answers: Answers
    asked: list[Asked] = field(default_factory=list)
    """Every call that came, in that order."""

    @property
    def ran(self) -> list[str]:
        """The tools whose bodies ran, in the order they ended."""
        return [each.tool for each in self._ended]

    _ended: list[Asked] = field(default_factory=list)
    _by_id: dict[RequestId, Asked] = field(default_factory=dict)
    _by_key: dict[str, tuple[ToolCall, Clearance]] = field(default_factory=dict)
    _claims: set[RequestId] = field(default_factory=set)

    def passes(self, tool: PlainTool, arguments: PlainArguments) -> bool:
        """See `Gateway.passes`: here every call is admitted first."""
        return False

    def admit(self, proposal: Proposal) -> Clearance | None:
        """See `Gateway.admit`: every call is asked about."""
        return None

    async def ask(self, proposal: Proposal) -> Clearance:
        """See `Gateway.ask`; one that pauses is answered at once as well."""
        known = self._by_key.get(proposal.key) if proposal.key is not None else None
        if known is not None:
            return self._again(proposal, *known)
        asked = _asked(proposal)
        self.asked.append(asked)
        asked.answer = await self._answer(asked)
        _refuse_misfit(proposal.call, asked.answer)
        request_id = RequestId(f"scripted-{len(self.asked)}")
        if asked.answer.kind is not OutcomeKind.APPROVED:
            raise not_approved(_outcome(asked.answer, request_id=request_id))
        self._by_id[request_id] = asked
        clearance = _clearance(proposal.call, asked.answer, request_id)
        if proposal.key is not None:
            self._by_key[proposal.key] = proposal.call, clearance
        return self._claimed(proposal, clearance)

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
        if clearance.request_id is not None:
            asked = self._by_id[clearance.request_id]
            asked.succeeded, asked.result = succeeded, result
            self._ended.append(asked)

    async def give_back(self, clearance: Clearance) -> None:
        """See `Gateway.give_back`: who has its key may claim it again."""
        self._claims.discard(clearance.request_id or RequestId(""))

    async def until_decided(self, request_ids: Collection[RequestId]) -> None:
        """See `Gateway.until_decided`: all is decided."""

    async def pending(self, key: str) -> RequestId | None:
        """See `Gateway.pending`: nothing is."""
        return None

    async def cancel(self, key: str, *, agent: str) -> bool:
        """See `Gateway.cancel`: there is nothing to cancel."""
        return False

    def _again(self, proposal: Proposal, call: ToolCall, clearance: Clearance) -> Clearance:
        if call.digest != proposal.call.digest:
            raise not_approved(refused(errors.IdempotencyMismatch()))
        if clearance.request_id in self._claims:
            raise not_approved(_outcome(Answer(kind=OutcomeKind.ALREADY_RAN)))
        return self._claimed(proposal, clearance)

    def _claimed(self, proposal: Proposal, clearance: Clearance) -> Clearance:
        if is_inquiry(proposal.call):
            return clearance  # an answer may be read again
        if proposal.claims and clearance.request_id is not None:
            self._claims.add(clearance.request_id)
        return clearance

    async def _answer(self, asked: Asked) -> Answer:
        answers = self.answers
        if isinstance(answers, Answer):
            return answers
        if isinstance(answers, Mapping):
            if asked.tool not in answers:
                raise NotScripted(f"{asked.tool} was called; answers are there for {[*answers]}.")
            return answers[asked.tool]
        given = answers(asked)
        answer = await given if inspect.isawaitable(given) else given
        if not isinstance(answer, Answer):
            raise NotScripted(f"{asked.tool} was answered with {answer!r}; return an Answer.")
        return answer


def _refuse_misfit(call: ToolCall, answer: Answer) -> None:
    """Refuse what no person could answer.

    Raises:
        NotScripted
    """
    if answer.kind is not OutcomeKind.APPROVED:
        return
    if answer.answers is not is_inquiry(call):
        right = "answered(…)" if is_inquiry(call) else "approved()"
        raise NotScripted(f"{call.tool} has to be answered with {right}, or be refused.")
    if answer.answers:
        try:
            refuse_misfit(call, strict_json.write(answer.answer))
        except InvalidAnswer as wrong:
            sentence = wrong.facts["fields"][0]
            raise NotScripted(
                f"The answer {answer.answer!r:.80} does not fit: {sentence}"
            ) from None


def _asked(proposal: Proposal) -> Asked:
    return Asked(
        tool=proposal.call.tool,
        arguments=proposal.call.arguments,
        agent=proposal.requester.agent,
        channel=proposal.channel,
        reason=proposal.reason,
        key=proposal.key,
        people=frozenset(proposal.requester.people),
    )


def _clearance(call: ToolCall, answer: Answer, request_id: RequestId) -> Clearance:
    if answer.arguments is None:
        return Clearance(
            request_id=request_id,
            digest=call.digest,
            arguments_json=call.arguments_json,
            outcome=_outcome(answer, request_id=request_id),
        )
    after = ToolCall.of(call.tool, call.fingerprint, {**call.arguments, **answer.arguments})
    changed = Edited(by=BY, at=AT, changes=changes(call.arguments, after.arguments))
    return Clearance(
        request_id=request_id,
        digest=after.digest,
        arguments_json=after.arguments_json,
        asked_digest=call.digest,
        outcome=_outcome(answer, request_id=request_id, changed=changed),
    )


def _outcome(
    answer: Answer, *, request_id: RequestId | None = None, changed: Edited | None = None
) -> Outcome:
    by_person = answer.kind in (OutcomeKind.APPROVED, OutcomeKind.REJECTED)
    return Outcome(
        kind=answer.kind,
        message=f"The test answered: {answer.kind}.",
        reason=answer.reason,
        request_id=request_id,
        by=BY if by_person else None,
        at=AT,
        answer=answer.answer,
        edited=changed,
    )
