"""A person asks people something, under the rules of a channel: a request that runs nothing.

Called by `/approvals ask` and by the form behind "Ask for approval". The asker is the requester, so
they may not approve; whom they name is asked in addition to whom the policy asks.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from approvals.domain.approval_request import ApprovalRequest, Cause, Requester
from approvals.domain.errors import DecisionRefused, Frozen, IdentityUnverified
from approvals.domain.ids import ChannelId, UserId
from approvals.domain.look_errors import NamedUnfit, QuestionDenied, QuestionEmpty, QuestionTooLong
from approvals.domain.policy import Policy
from approvals.domain.question import ASKER_AGENT, QUESTION_MAX_CHARS, question_call
from approvals.domain.requirement import Effect, Requirement
from approvals.domain.terms import TIMEOUT
from approvals.domain.tool_call import ToolCall
from approvals.operations.ask import Ask, new_request
from approvals.operations.check_reader import Reader, fit_reader, refuse_outsider
from approvals.operations.desk import Desk
from approvals.operations.record_calls import record_call
from approvals.operations.submit_request import submit_request


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What somebody asks, as a door read it."""

    asker: Reader
    channel: ChannelId
    text: str
    named: tuple[str, ...] = ()
    """Ids of people and user groups."""
    within: timedelta | None = None
    """How long they may take; never longer than the policy gives."""
    key: str
    """Of the delivery: the same one a second time asks nothing new."""


async def ask_people(desk: Desk, question: Question) -> ApprovalRequest:
    """Store the question and return its request; asked before under its key, that one.

    Raises:
        QuestionEmpty, QuestionTooLong
        NamedUnfit: somebody it names may never decide.
        QuestionDenied: the policy lets nobody ask this here.
        NotAMember, and the others of `check_reader.refuse_outsider`
        ChannelUnknown: the policy has no such channel.
        Frozen, NoEligibleApprover, and the others of `submit_request`
        StoreUnavailable: nothing was stored.
    """
    text = question.text.strip()
    if not text:
        raise QuestionEmpty
    if len(text) > QUESTION_MAX_CHARS:
        raise QuestionTooLong(
            f"The question has {len(text):,} characters; {QUESTION_MAX_CHARS:,} are the most."
        )
    await refuse_outsider(desk, question.asker, question.channel)
    await _refuse_unfit_named(desk, question)
    call = question_call(text, question.named)
    requirement = _asked_of(desk.policy(), call, question.channel)
    asker = question.asker
    requester = Requester(agent=ASKER_AGENT, person=asker.user, team=asker.team)
    if requirement.effect is Effect.DENY:
        await record_call(desk, call, requirement, requester=requester)
        raise QuestionDenied(requirement.message and f"The policy says: {requirement.message}")
    ask = Ask(
        call=call,
        requirement=_within(requirement, question.within),
        requester=requester,
        key=f"ask:{asker.user}:{question.key}",
    )
    asked = await submit_request(desk, new_request(desk, ask))
    if asked.cause is Cause.FROZEN:
        raise Frozen(f"Nothing is asked here while this is frozen: {asked.ended_reason}")
    return asked


async def _refuse_unfit_named(desk: Desk, question: Question) -> None:
    """Refuse to wait for somebody whose press would never count."""
    people = [UserId(each) for each in question.named if not each.startswith("S")]
    for user in people:
        try:
            await fit_reader(desk, Reader(user=user, team=question.asker.team))
        except IdentityUnverified:
            raise
        except DecisionRefused as refusal:
            raise NamedUnfit(user=user, code=refusal.code) from None


def _asked_of(policy: Policy, call: ToolCall, channel: ChannelId) -> Requirement:
    """Return what *policy* says; an allow answers no question, so the approvers are asked."""
    found = policy.requirement(call, channel=channel)
    if found.effect is not Effect.ALLOW:
        return found
    return policy.requirement(call, channel=channel, code_effect=Effect.ASK)


def _within(requirement: Requirement, within: timedelta | None) -> Requirement:
    if within is None or within >= requirement.timeout:
        return requirement
    return replace(requirement, terms=requirement.terms.with_said(TIMEOUT, within))
