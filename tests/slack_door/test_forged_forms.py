"""Every form about a request, sent by hand: its place, and who sends it, are checked again."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.approval_request import ApprovalRequest
from approvals.storage.policy_reader import read_policy
from bot.slack.answer_form import ANSWER_FORM
from bot.slack.ask_back_form import (
    ANSWER_BACK_FORM,
    ASK_BACK_FORM,
    QUESTION_ACTION,
    QUESTION_BLOCK,
)
from bot.slack.edit_form_view import EDIT_FORM
from bot.slack.extend_form import EXTEND_FORM, UNTIL_ACTION, UNTIL_BLOCK
from bot.slack.form_fields import VALUE_ACTION, block_of
from bot.slack.full_view import ViewPlace, write_place
from bot.slack.reason_form import APPROVE_REASON, REASON_ACTION, REASON_BLOCK, REJECT_REASON
from tests.slack_door.inquiring import inquire
from tests.slack_door.scene import ALICE, BOB, DANA, FRANK, PROD, Scene
from tests.slack_door.test_edits import SCHEMA, editing

ROOT = Path(__file__).parents[2]
Values = dict[str, dict[str, Any]]


def text(block: str, action: str, value: str) -> Values:
    return {block: {action: {"type": "plain_text_input", "value": value}}}


def longer(request: ApprovalRequest) -> Values:
    until = (request.expires_at + timedelta(minutes=5)).isoformat()
    return {UNTIL_BLOCK: {UNTIL_ACTION: {"selected_option": {"value": until}}}}


FORMS: Mapping[str, Callable[[ApprovalRequest], Values]] = {
    APPROVE_REASON: lambda _: text(REASON_BLOCK, REASON_ACTION, "it is time"),
    REJECT_REASON: lambda _: text(REASON_BLOCK, REASON_ACTION, "not now"),
    # The fields are env and replicas, in this order.
    EDIT_FORM: lambda _: text(block_of(1), VALUE_ACTION, "2"),
    EXTEND_FORM: longer,
    ASK_BACK_FORM: lambda _: text(QUESTION_BLOCK, QUESTION_ACTION, "Which replicas?"),
    ANSWER_BACK_FORM: lambda _: text(QUESTION_BLOCK, QUESTION_ACTION, "All three."),
    ANSWER_FORM: lambda _: text(block_of(0), VALUE_ACTION, "eu"),
}
MAY = dict.fromkeys(FORMS, BOB) | {ANSWER_BACK_FORM: ALICE}
"""Who may send it: an approver, or the person the agent acts for."""
STARTING = {"form.ASK_FORM", "TASK_FORM"}
"""Forms that are about no request yet."""


async def asked(stage: Scene, form: str) -> tuple[ApprovalRequest, ApprovalRequest]:
    """Ask for two calls, each with a card of its own, so that *form* could be sent about them."""
    stage.set_policy(read_policy(editing("edit: true").encode()))
    if form == ANSWER_FORM:
        return await inquire(stage, "Which region?"), await inquire(stage, "Which team?")
    first, second = [
        await stage.ask("scale", schema=SCHEMA, env="prod", replicas=number) for number in (3, 4)
    ]
    if form == ANSWER_BACK_FORM:
        for each in (first, second):
            own = await place(stage, each, card_of=each)
            await send(stage, ASK_BACK_FORM, own, of=each, person=BOB)
    return first, second


async def send(stage: Scene, form: str, metadata: str, *, of: ApprovalRequest, person: str) -> str:
    """Submit *form* and return all that was said about it."""
    team = stage.slack.team_id
    payload = {
        "type": "view_submission",
        "user": {"id": person, "username": "x", "name": "x", "team_id": team},
        "api_app_id": stage.slack.app_id,
        "team": {"id": team, "domain": "local"},
        "trigger_id": stage.slack.triggers.issue(person),
        "view": {
            "id": "V0FORGED",
            "type": "modal",
            "callback_id": form,
            "private_metadata": metadata,
            "hash": "1.a",
            "app_installed_team_id": team,
            "state": {"values": FORMS[form](of)},
        },
    }
    result = await stage.send(payload)
    assert result.acked
    return f"{result.answer} {stage.told(person, PROD)}"


async def state(stage: Scene, request: ApprovalRequest) -> tuple[object, ...]:
    """Everything that people can change of *request*."""
    return await stage.stored(request), await stage.decisions(request)


async def place(stage: Scene, request: ApprovalRequest, *, card_of: ApprovalRequest) -> str:
    card = await stage.card(card_of)
    digest = request.call.digest
    return write_place(ViewPlace(request_id=request.id, nonce=card.nonce, digest=digest))


@pytest.mark.parametrize("form", FORMS)
async def test_b22_c7_a_form_of_another_card_or_of_no_card_does_nothing(
    stage: Scene, form: str
) -> None:
    first, second = await asked(stage, form)
    person = MAY[form]
    before = await state(stage, first)
    anothers = await place(stage, first, card_of=second)
    invented = write_place(ViewPlace(request_id=first.id, nonce="x" * 26))

    for metadata in (anothers, invented, "", "{}", "[]", '{"request": 1}', anothers + " {"):
        assert "Nothing was decided." in await send(stage, form, metadata, of=first, person=person)
        assert await state(stage, first) == before

    await send(stage, form, await place(stage, first, card_of=first), of=first, person=person)
    assert await state(stage, first) != before


MAY_NOT = [
    (form, person)
    for form in FORMS
    for person in (ALICE, BOB, DANA, FRANK, "U0NOBODY")
    # Who asked may take it back.
    if person != MAY[form] and (form, person) != (REJECT_REASON, ALICE)
]


@pytest.mark.parametrize(("form", "person"), MAY_NOT)
async def test_b22_whoever_may_not_is_refused_when_the_form_is_sent_too(
    stage: Scene, form: str, person: str
) -> None:
    first, _ = await asked(stage, form)
    before = await state(stage, first)
    own = await place(stage, first, card_of=first)

    await send(stage, form, own, of=first, person=person)
    assert await state(stage, first) == before

    await send(stage, form, own, of=first, person=MAY[form])
    assert await state(stage, first) != before


def test_b22_no_form_about_a_request_is_left_out_here() -> None:
    taken = {
        name
        for path in (ROOT / "bot" / "slack").rglob("*.py")
        for name in re.findall(
            r'(?:"view_submission", |\n    form=)([A-Za-z_]+(?:\.[A-Z_]+)?)[),]',
            path.read_text("utf-8"),
        )
    }

    assert len(taken - STARTING) == len(FORMS), taken
