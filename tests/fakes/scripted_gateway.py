"""A gateway that answers as a test tells it, keeping what it was asked and told."""

import asyncio
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime

from approvals.domain.edit import changes
from approvals.domain.ids import RequestId, UserId
from approvals.domain.outcome import Edited, Outcome, OutcomeKind
from approvals.domain.plain_tool import PlainArguments, PlainTool
from approvals.domain.requirement import Effect
from approvals.gate.exceptions import CallPaused, not_approved
from approvals.gate.gateway import Clearance, Proposal

GAVE_BACK = "Cancelled before it ran."
"""What is told of a clearance that was given back."""


@dataclass
class Question:
    """One pending question; settle it with `approve` or `end`."""

    id: RequestId
    proposal: Proposal
    ended: "asyncio.Future[Clearance]"
    reason: str | None = None
    """What the approver writes."""

    def approve(
        self,
        arguments_json: str | None = None,
        digest: str | None = None,
        edited_by: str | None = None,
    ) -> None:
        call = self.proposal.call
        self.ended.set_result(
            Clearance(
                request_id=self.id,
                digest=digest or call.digest,
                arguments_json=arguments_json or call.arguments_json,
                asked_digest=call.digest if edited_by else None,
                outcome=self._approved(arguments_json, edited_by),
            )
        )

    def _approved(self, arguments_json: str | None, edited_by: str | None) -> Outcome:
        after = json.loads(arguments_json or "{}")
        edited = Edited(
            by=UserId(edited_by or "U1"),
            at=datetime(2026, 3, 2, tzinfo=UTC),
            changes=changes(self.proposal.call.arguments, after),
        )
        return Outcome(
            kind=OutcomeKind.APPROVED,
            message="A person approved this call.",
            request_id=self.id,
            reason=self.reason,
            edited=edited if edited_by else None,
        )

    def end(self, kind: OutcomeKind, reason: str | None = None) -> None:
        outcome = Outcome(
            kind=kind, message=f"It is {kind}.", reason=reason, request_id=self.id, by=UserId("U1")
        )
        self.ended.set_exception(not_approved(outcome))


@dataclass
class ScriptedGateway:
    """Allows, denies or asks by `rule`; questions wait for the test unless `answer` is set."""

    rule: Callable[[Proposal], Effect] = lambda _proposal: Effect.ASK
    answer: Callable[[Question], None] | None = None
    proposals: list[Proposal] = field(default_factory=list)
    questions: dict[RequestId, Question] = field(default_factory=dict)
    withdrawn: list[RequestId] = field(default_factory=list)
    reports: list[tuple[RequestId | None, bool, str]] = field(default_factory=list)
    report_fails: bool = False
    report_takes_s: float = 0
    is_reporting: bool = False
    """Whether a report has begun; it ends `report_takes_s` later."""
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def passes(self, tool: PlainTool, arguments: PlainArguments) -> bool:
        return False

    def admit(self, proposal: Proposal) -> Clearance | None:
        self.proposals.append(proposal)
        effect = self.rule(proposal)
        if effect is Effect.DENY:
            raise not_approved(Outcome(kind=OutcomeKind.DENIED, message="Denied by a rule."))
        if effect is Effect.ASK or proposal.code_effect is Effect.ASK:
            return None
        call = proposal.call
        return Clearance(request_id=None, digest=call.digest, arguments_json=call.arguments_json)

    async def ask(self, proposal: Proposal) -> Clearance:
        found = self._pausing(proposal)
        if found is not None:
            return found.ended.result()
        request_id = RequestId(f"R{len(self.questions)}")
        question = Question(request_id, proposal, asyncio.get_running_loop().create_future())
        self.questions[request_id] = question
        self.asked.set()
        if self.answer:
            self.answer(question)
        if proposal.pauses and not question.ended.done():
            raise CallPaused(request_id)
        try:
            return await question.ended
        except asyncio.CancelledError:
            self.withdrawn.append(request_id)
            raise

    def _pausing(self, proposal: Proposal) -> Question | None:
        """Return the ended question of a call that pauses; raise while it is pending."""
        known = self.questions.values() if proposal.pauses else ()
        found = next((each for each in known if each.proposal.key == proposal.key), None)
        if found is not None and not found.ended.done():
            raise CallPaused(found.id)
        return found

    async def report(
        self,
        clearance: Clearance,
        *,
        succeeded: bool,
        result: str,
        was_cancelled: bool = False,
        is_unknown: bool = False,
    ) -> None:
        self.is_reporting = True
        await asyncio.sleep(self.report_takes_s)
        if self.report_fails:
            raise OSError("disk full")
        self.reports.append((clearance.request_id, succeeded, result))

    async def give_back(self, clearance: Clearance) -> None:
        await self.report(clearance, succeeded=False, result=GAVE_BACK)

    async def until_decided(self, request_ids: Collection[RequestId]) -> None:
        await asyncio.wait(
            [self.questions[each].ended for each in request_ids],
            return_when=asyncio.FIRST_COMPLETED,
        )

    async def pending(self, key: str) -> RequestId | None:
        known = (each for each in self.questions.values() if each.proposal.key == key)
        return next((each.id for each in known if not each.ended.done()), None)

    async def cancel(self, key: str, *, agent: str) -> bool:
        for question in self.questions.values():
            if question.proposal.key == key and not question.ended.done():
                question.end(OutcomeKind.CANCELLED)
                return True
        return False

    async def next_question(self) -> Question:
        await self.asked.wait()
        self.asked.clear()
        return list(self.questions.values())[-1]


def approve(question: Question) -> None:
    question.approve()


def allow(_proposal: Proposal) -> Effect:
    return Effect.ALLOW


def deny(_proposal: Proposal) -> Effect:
    return Effect.DENY
