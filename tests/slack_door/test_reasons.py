"""When people are asked why: never, where they reject, always; and the policy's ready reasons."""

import pytest

from approvals.domain.approval_request import Status
from approvals.domain.requirement import WantedReason
from approvals.storage.policy_reader import read_policy
from bot.slack import buttons
from bot.slack.reason_form import (
    APPROVE_REASON,
    READY_ACTION,
    READY_BLOCK,
    REASON_ACTION,
    REASON_BLOCK,
)
from tests.slack_door.scene import BOB, CAROL, POLICY, Scene

READY = ["Planned work", "Not during the freeze"]


def says(rule: str) -> str:
    return POLICY.replace("usergroups: [S0SRE]", "usergroup: S0SRE").replace(
        "effect: ask", f"effect: ask, {rule}"
    )


def set_rule(stage: Scene, rule: str) -> None:
    stage.set_policy(read_policy(says(rule).encode()))


async def submit(stage: Scene, person: str, own: str = "", ready: int | None = None) -> None:
    typed: dict[str, dict[str, str]] = {REASON_BLOCK: {REASON_ACTION: own}}
    if ready is not None:
        typed[READY_BLOCK] = {READY_ACTION: str(ready)}
    await stage.slack.interactions.submit_view(person, stage.window(person).id, typed)
    await stage.settle()


async def test_where_a_reason_is_always_wanted_approve_asks_and_the_form_approves(
    stage: Scene,
) -> None:
    set_rule(stage, "reason: always")
    request = await stage.ask()

    await stage.click(BOB, request)
    assert (await stage.stored(request)).status is Status.PENDING
    assert stage.window(BOB).view["callback_id"] == APPROVE_REASON
    await submit(stage, BOB, "the disk is full")

    stored = await stage.stored(request)
    assert (stored.status, stored.ended_reason) == (Status.APPROVED, "the disk is full")
    assert "the disk is full" in str((await stage.message(request)).blocks)


async def test_the_last_page_of_the_full_view_asks_for_the_reason_too(stage: Scene) -> None:
    set_rule(stage, "reason: always")
    request = await stage.ask(tool="run_script", script="x" * 4_000)
    await stage.click(BOB, request, buttons.REVIEW)

    await stage.slack.interactions.click_in_view(
        BOB, stage.window(BOB).id, action_id=buttons.VIEW_APPROVE
    )
    await stage.settle()
    assert (await stage.stored(request)).status is Status.PENDING
    await submit(stage, BOB, "read it whole")

    stored = await stage.stored(request)
    assert (stored.status, stored.ended_reason) == (Status.APPROVED, "read it whole")


@pytest.mark.parametrize("button", [buttons.APPROVE, buttons.REJECT])
async def test_nothing_is_stored_without_the_reason_that_is_always_wanted(
    stage: Scene, button: str
) -> None:
    set_rule(stage, f"reason: always, reasons: {READY}")
    request = await stage.ask()
    await stage.click(BOB, request, button)

    await submit(stage, BOB)

    assert (await stage.stored(request)).status is Status.PENDING
    assert "A reason is wanted" in str(stage.window(BOB).errors)


@pytest.mark.parametrize(
    ("own", "ready", "stored"),
    [
        ("", 1, "Not during the freeze"),
        ("until 6 pm", 0, "Planned work – until 6 pm"),
        ("only mine", None, "only mine"),
    ],
)
async def test_a_ready_made_reason_and_own_words_are_stored_together(
    stage: Scene, own: str, ready: int | None, stored: str
) -> None:
    set_rule(stage, f"reasons: {READY}")
    request = await stage.ask()
    await stage.click(BOB, request, buttons.REJECT)

    await submit(stage, BOB, own, ready)

    assert (await stage.stored(request)).ended_reason == stored


@pytest.mark.parametrize("button", [buttons.APPROVE, buttons.REJECT])
async def test_where_no_reason_is_wanted_both_buttons_decide_at_once(
    stage: Scene, button: str
) -> None:
    set_rule(stage, "reason: off")
    request = await stage.ask()

    await stage.click(BOB, request, button)

    assert (await stage.stored(request)).status is not Status.PENDING
    assert stage.slack.workspace.view_stack(BOB) == []


async def test_a_click_made_by_hand_cannot_pass_the_form(stage: Scene) -> None:
    request = await stage.ask(reason=WantedReason.ALWAYS)
    payload = await stage.payload(BOB, request)
    payload["trigger_id"] = stage.slack.triggers.issue(BOB)

    await stage.send(payload)

    assert (await stage.stored(request)).status is Status.PENDING
    assert await stage.decisions(request) == ()


async def test_a_click_on_a_card_that_showed_another_call_approves_nothing(stage: Scene) -> None:
    request = await stage.ask()
    payload = await stage.payload(BOB, request)
    seen = payload["actions"][0]["value"]
    payload["actions"][0]["value"] = seen[:-64] + "0" * 64

    await stage.send(payload)

    assert (await stage.stored(request)).status is Status.PENDING
    assert stage.told(BOB)[0].startswith("This call was changed, after what you saw was drawn")

    payload["actions"][0]["value"] = seen
    await stage.send(payload)
    assert (await stage.stored(request)).status is Status.APPROVED


async def test_a_form_that_was_opened_for_another_call_approves_nothing(stage: Scene) -> None:
    request = await stage.ask(reason=WantedReason.ALWAYS)
    await stage.click(CAROL, request)
    window = stage.window(CAROL)
    remembered = window.view["private_metadata"]
    window.view["private_metadata"] = remembered.replace(request.call.digest, "0" * 64)

    await submit(stage, CAROL, "fine")

    assert (await stage.stored(request)).status is Status.PENDING


@pytest.mark.parametrize("button", [buttons.APPROVE, buttons.REJECT])
async def test_what_a_policy_changed_since_wants_a_reason_for_is_not_stored_without_one(
    stage: Scene, button: str
) -> None:
    set_rule(stage, "reason: off")
    request = await stage.ask()
    set_rule(stage, "reason: always")

    await stage.click(BOB, request, button)
    assert (await stage.stored(request)).status is Status.PENDING
    await submit(stage, BOB)
    assert "A reason is wanted" in str(stage.window(BOB).errors)
    await submit(stage, BOB, "the disk is full")

    assert (await stage.stored(request)).ended_reason == "the disk is full"
