"""Extend in Slack: the form, what the card says afterwards, and who is told no."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.domain.approval_request import Status
from approvals.storage.policy_reader import read_policy
from bot.slack import buttons
from bot.slack.extend_form import EXTEND_FORM, UNTIL_ACTION, UNTIL_BLOCK
from tests.cards.builders import labels, objects, shown
from tests.cards.slack_rules import assert_slack_takes_message, assert_slack_takes_modal
from tests.slack_door import runs
from tests.slack_door.scene import ALICE, BOB, CAROL, DANA, Scene, scene
from tests.slack_door.test_edits import asked as changing
from tests.slack_door.test_edits import submit
from tests.slack_door.test_follow_ups import asked

MINUTE = timedelta(minutes=1)
POLICY = """
version: 1
defaults: {channel: "#prod"}
people:
  sre: {usergroup: S0SRE}
  heard: {users: [U0DANA], usergroup: S0LEADS}
channels:
  "#prod":
    id: C0PROD
    approvers: [sre]
    timeout: 10m
    extend_max: 30m
    notify: heard
    rules: [{tool: "*", effect: ask}]
"""


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path, directory_max_age_s=0.0) as opened:
        opened.set_policy(read_policy(POLICY.encode()))
        yield opened


async def submits(stage: Scene, person: str, option: int = 1) -> str | None:
    """Choose an option of the open form, send it, and return what the window says then."""
    view = stage.window(person)
    (element,) = objects(view.view["blocks"], "radio_buttons")
    chosen = element["options"][option]
    await stage.slack.interactions.submit_view(
        person, view.id, {UNTIL_BLOCK: {UNTIL_ACTION: chosen["value"]}}
    )
    await stage.settle()
    return shown(stage.window(person).view["blocks"]) if _is_open(stage, person) else None


def _is_open(stage: Scene, person: str) -> bool:
    return bool(stage.slack.workspace.view_stack(person))


async def test_the_form_offers_what_the_policy_leaves_and_the_card_tells_the_new_end(
    stage: Scene,
) -> None:
    request = await asked(stage)
    await stage.click(BOB, request, buttons.EXTEND)
    view = stage.window(BOB).view
    assert view["callback_id"] == EXTEND_FORM
    assert_slack_takes_modal(_sent(view))
    (element,) = objects(view["blocks"], "radio_buttons")
    assert [each["text"]["text"] for each in element["options"]] == [
        "5 min more",
        "15 min more",
        "30 min more",
    ]

    assert await submits(stage, BOB, 2) is None
    words = shown((await stage.message(request)).blocks)
    assert "40 min left" in words
    assert "So far given more time by " in words
    assert "Extend…" not in labels((await stage.message(request)).blocks)


@pytest.mark.parametrize(
    ("person", "says"),
    [
        (ALICE, "Only who may approve this can give it more time"),
        (DANA, "Guests of the workspace may not decide."),
    ],
)
async def test_who_may_not_approve_gets_no_form(stage: Scene, person: str, says: str) -> None:
    request = await asked(stage)
    await stage.click(person, request, buttons.EXTEND)

    assert not _is_open(stage, person)
    assert says in stage.told(person)[-1]


async def test_a_form_sent_after_the_end_is_told_that_it_timed_out(stage: Scene) -> None:
    request = await asked(stage)
    await stage.click(BOB, request, buttons.EXTEND)
    stage.clock.advance(10 * MINUTE)

    assert "Too late: this request timed out" in str(await submits(stage, BOB))
    assert (await stage.stored(request)).status is Status.TIMED_OUT


async def test_B22_a_form_sent_after_the_right_is_lost_extends_nothing(stage: Scene) -> None:
    request = await asked(stage)
    await stage.click(BOB, request, buttons.EXTEND)
    stage.set_policy(read_policy(POLICY.replace("usergroup: S0SRE", "users: [U0CAROL]").encode()))

    assert "You are not an approver" in str(await submits(stage, BOB))
    assert (await stage.stored(request)).expires_at == request.expires_at


async def test_who_saw_the_same_end_is_told_that_another_was_faster(stage: Scene) -> None:
    request = await asked(stage)
    await stage.click(BOB, request, buttons.EXTEND)
    await stage.click(CAROL, request, buttons.EXTEND)
    await submits(stage, BOB)

    assert "somebody else gave it more time" in str(await submits(stage, CAROL))
    assert (await stage.stored(request)).expires_at == request.expires_at + 15 * MINUTE


async def test_the_first_card_calls_whom_the_policy_notifies_in_its_text_too(stage: Scene) -> None:
    request = await asked(stage)
    message = await stage.message(request)

    assert message.text.endswith("10 min left. <!subteam^S0LEADS>, <@U0DANA>")
    assert len(message.text.split(" <!subteam")[0]) <= 110
    assert "Calls " in shown(message.blocks)
    assert [each["usergroup_id"] for each in objects(message.blocks, "usergroup")] == ["S0LEADS"]
    assert_slack_takes_message(message.blocks)


def _sent(view: dict[str, object]) -> dict[str, object]:
    keys = ("type", "callback_id", "title", "submit", "close", "private_metadata", "blocks")
    return {key: view[key] for key in keys}


async def test_the_message_of_a_task_tells_the_new_end_too(stage: Scene) -> None:
    run, request = await runs.waiting(stage, "pay")
    before = request.expires_at
    await stage.click(BOB, request, buttons.EXTEND)
    await submits(stage, BOB, 2)
    await stage.deliver()

    root = await runs.root(stage, run)
    ends = [date["timestamp"] for date in objects(root.blocks, "date")]
    assert ends == [int((before + 30 * MINUTE).timestamp())]


async def test_a_call_that_was_changed_can_be_given_more_time_but_not_by_who_changed_it(
    stage: Scene,
) -> None:
    request = await changing(stage, rule="edit: true", env="prod", replicas=3)
    await stage.click(BOB, request, buttons.EDIT)
    await submit(stage, BOB, replicas="2")
    await stage.click(BOB, request, buttons.EXTEND)

    assert "Only who may approve this can give it more time" in stage.told(BOB)[-1]

    await stage.click(CAROL, request, buttons.EXTEND)
    assert await submits(stage, CAROL) is None
    assert (await stage.stored(request)).expires_at == request.expires_at + 15 * MINUTE
