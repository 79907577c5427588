"""Inquiries on the stage of the Slack door: asked as an agent's gate asks them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from approvals.domain.approval_request import ApprovalRequest, Requester
from approvals.domain.ids import RunId
from approvals.domain.inquiry import inquiry_call
from approvals.gate.answer_types import wanted
from approvals.operations.ask import Ask, new_request
from approvals.operations.submit_request import submit_request
from bot.slack.form_fields import VALUE_ACTION, block_of
from tests.slack_door.scene import ALICE, Scene


async def inquire(
    stage: Scene,
    question: str = "Which region?",
    *,
    options: list[Any] | None = None,
    schema: Any = None,
    requester: Requester | None = None,
    reason: str | None = None,
    key: str | None = None,
    run_id: RunId | None = None,
    within: timedelta | None = None,
) -> ApprovalRequest:
    call = inquiry_call(question, wanted(options, schema).schema)
    requirement = stage.policies[-1].requirement(call)
    ask = Ask(
        call=call,
        requirement=requirement,
        requester=requester or Requester(agent="ops", person=ALICE),
        reason=reason,
        key=key,
        run_id=run_id,
    )
    request = new_request(stage.desk, ask)
    if within is not None:
        request = replace(request, expires_at=request.created_at + within)
    stored = await submit_request(stage.desk, request)
    await stage.deliver()
    return stored


async def fill_in(stage: Scene, person: str, *typed: Any) -> Any:
    """Fill in the open form, field by field, and send it."""
    values = {block_of(place): {VALUE_ACTION: text} for place, text in enumerate(typed)}
    result = await stage.slack.interactions.submit_view(person, stage.window(person).id, values)
    await stage.settle()
    return result
