"""What an agent's side says about one question, and the request it would open.

Made by the gateways and by whoever lets people ask people; `submit_request` stores it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from approvals.domain.approval_request import ApprovalRequest, Requester
from approvals.domain.asked_back import HEARD, UNASKED
from approvals.domain.ids import ChannelId, RequestId, RunId
from approvals.domain.requirement import Requirement
from approvals.domain.terms import DEED, DIFF, EDIT, Option
from approvals.domain.tool_call import ToolCall
from approvals.domain.tool_schema import ToolSchema
from approvals.operations.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Everything an agent's side says about one question."""

    call: ToolCall
    requirement: Requirement
    requester: Requester
    injected: tuple[str, ...] = ()
    reason: str | None = None
    key: str | None = None
    run_id: RunId | None = None
    tool_call_id: str | None = None
    callback: str | None = None
    turn: str | None = None
    card_channel: ChannelId | None = None
    """Where the card goes when not to the policy's channel."""
    thread_ts: str | None = None
    schema: ToolSchema | None = None
    """By which people may change the call; None: they may not."""
    is_heard: bool = False
    """Whether the caller's program takes questions while it waits."""
    kept_schema: str | None = None
    """The digest of the same where it is known to be stored."""


SAID_OF_TOOLS: tuple[Option[Any], ...] = (DEED, DIFF)
"""What the code that guards a tool may say of how it is shown; it changes no rule."""


def with_said(requirement: Requirement, said: Mapping[Option[Any], Any]) -> Requirement:
    """Return *requirement* with what code has *said* of the tool, where the policy says nothing."""
    terms = requirement.terms
    for option, value in said.items():
        if value and terms.said(option) is None:
            terms = terms.with_said(option, value)
    return replace(requirement, terms=terms)


def ask_again(request: ApprovalRequest, requirement: Requirement) -> Ask:
    """Return the question of an ended *request*, to be put again under *requirement*.

    It is about the call as it was asked: how people changed it went with their approval.
    """
    earlier = request.requirement.terms
    return Ask(
        call=request.asked_call,
        requirement=with_said(requirement, {each: earlier[each] for each in SAID_OF_TOOLS}),
        requester=request.requester,
        injected=request.injected,
        reason=request.reason,
        key=request.key,
        run_id=request.run_id,
        tool_call_id=request.tool_call_id,
        callback=request.callback,
        is_heard=request.asking_back.is_heard,
        card_channel=request.channel,
        thread_ts=request.thread_ts,
        kept_schema=request.schema_digest if requirement.terms[EDIT] else None,
    )


def new_request(desk: Desk, ask: Ask) -> ApprovalRequest:
    """Return the pending request *ask* would open, with a new id; nothing is stored."""
    now = desk.clock.now()
    return ApprovalRequest(
        id=RequestId(desk.ids.ulid()),
        call=ask.call,
        schema_digest=ask.schema.digest if ask.schema else ask.kept_schema,
        injected=ask.injected,
        requester=ask.requester,
        requirement=ask.requirement,
        channel=ask.card_channel or ask.requirement.channel,
        thread_ts=ask.thread_ts,
        reason=ask.reason,
        key=ask.key,
        run_id=ask.run_id,
        tool_call_id=ask.tool_call_id,
        callback=ask.callback,
        turn=ask.turn,
        asking_back=HEARD if ask.is_heard else UNASKED,
        salt=desk.ids.secret(),
        created_at=now,
        expires_at=now + ask.requirement.timeout,
    )
