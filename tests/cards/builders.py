"""Requests, permits and card contents, good by default; a test overrides what it is about."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from approvals.domain.approval_request import ApprovalRequest, Cause, Requester
from approvals.domain.card import Card
from approvals.domain.decision import Decision, Verdict
from approvals.domain.ids import CardId, ChannelId, RequestId, TeamId, UserId
from approvals.domain.lifecycle import PermitEvent, advance, advance_permit
from approvals.domain.permit import Permit
from approvals.domain.requirement import Effect, Requirement, Risk, RuleMatch, Slot
from approvals.domain.strict_json import JsonValue
from approvals.domain.terms import RISK, TIMEOUT, Terms
from approvals.domain.tool_call import ToolCall
from approvals.operations.ports import CardContent

ASKED_AT = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
REQUEST_ID = RequestId("01JQ0000000000000000000000")
ANN = UserId("U0ANN")
BOB = UserId("U0BOB")
CHANNEL = ChannelId("C0PROD")
NONCE = "Zm9vYmFyYmF6cXV1eA"
RULE = RuleMatch(
    name="#prod-incidents, rule 2",
    place="policy.yml:23",
    effect=Effect.ASK,
    slots=(Slot(of=("sre",)),),
)


def a_requirement(**changes: Any) -> Requirement:
    requirement = Requirement(
        effect=Effect.ASK,
        channel=CHANNEL,
        channel_name="#prod-incidents",
        rules=(RULE,),
        terms=Terms({TIMEOUT: timedelta(minutes=5)}),
        policy_version="ab" * 32,
        reasons=("#prod-incidents, rule 2 asks.",),
    )
    return replace(requirement, **changes)


def a_request(
    arguments: dict[str, JsonValue] | None = None,
    *,
    tool: str = "k8s.restart_service",
    risk: Risk = Risk.MEDIUM,
    **changes: Any,
) -> ApprovalRequest:
    given: dict[str, JsonValue] = {"service": "checkout"} if arguments is None else arguments
    request = ApprovalRequest(
        id=REQUEST_ID,
        call=ToolCall.of(tool, "f" * 64, given),
        requester=Requester(agent="ops-agent", person=ANN),
        requirement=a_requirement(terms=Terms({TIMEOUT: timedelta(minutes=5), RISK: risk})),
        channel=CHANNEL,
        salt="a salt",
        created_at=ASKED_AT,
        expires_at=ASKED_AT + timedelta(minutes=5),
    )
    return replace(request, **changes)


def a_content(request: ApprovalRequest | None = None, **changes: Any) -> CardContent:
    request = request or a_request()
    card = Card(id=CardId("K1"), request_id=request.id, channel=CHANNEL, nonce=NONCE)
    return replace(CardContent(card=card, request=request), **changes)


def a_decision(user: UserId = BOB, verdict: Verdict = Verdict.APPROVE) -> Decision:
    at = ASKED_AT + timedelta(seconds=72)
    return Decision(
        request_id=REQUEST_ID,
        user=user,
        team=TeamId("T1"),
        verdict=verdict,
        at=at,
        sets=("sre",),
    )


def ended(
    cause: Cause, *, request: ApprovalRequest | None = None, reason: str | None = None
) -> CardContent:
    """The content after *cause* ended the request, 72 seconds after it was asked."""
    by = BOB if cause in (Cause.PEOPLE, Cause.PERSON, Cause.REQUESTER) else None
    at = ASKED_AT + timedelta(seconds=72)
    step = advance(request or a_request(), cause, now=at, by=by, reason=reason)
    decisions = (a_decision(),) if cause is Cause.PEOPLE else ()
    return a_content(step.request, permit=step.permit, decisions=decisions)


def approved(*events: PermitEvent, result: str | None = None) -> CardContent:
    """The content of an approved request whose permit went through *events*, 2 seconds each."""
    content = ended(Cause.PEOPLE)
    at, permit = ASKED_AT + timedelta(seconds=73), content.permit
    assert permit is not None
    for event in events:
        at += timedelta(seconds=2)
        moved = advance_permit(content.request, permit, event, now=at, result=result).permit
        assert moved is not None
        permit = moved
    return replace(content, permit=permit)


def lapsed_permit() -> Permit:
    permit = approved(PermitEvent.LAPSE).permit
    assert permit is not None
    return permit


def texts(drawn: Any) -> Iterator[str]:
    """Every text that a person could read in *drawn*, in order."""
    if isinstance(drawn, dict):
        for key, value in drawn.items():
            if key in ("text", "fallback") and isinstance(value, str):
                yield value
            else:
                yield from texts(value)
    elif isinstance(drawn, list):
        for item in drawn:
            yield from texts(item)


def objects(drawn: Any, kind: str) -> Iterator[dict[str, Any]]:
    """Every object of one type in *drawn*."""
    if isinstance(drawn, dict):
        if drawn.get("type") == kind:
            yield drawn
        for value in drawn.values():
            yield from objects(value, kind)
    elif isinstance(drawn, list):
        for item in drawn:
            yield from objects(item, kind)


def shown(drawn: Any) -> str:
    """Everything a person could read in *drawn*, joined."""
    return "".join(texts(drawn))


def arguments_shown(blocks: list[dict[str, Any]]) -> str:
    """The text of the arguments' one preformatted element."""
    call = next(block for block in blocks if str(block.get("block_id")).startswith("call:"))
    return "".join(texts(next(objects(call, "rich_text_preformatted"))))


def labels(drawn: Any) -> list[str]:
    """The labels of all buttons."""
    return [button["text"]["text"] for button in objects(drawn, "button")]
