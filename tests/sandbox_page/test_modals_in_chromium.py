"""Modals in a real Chromium, found by role and accessible name only."""

from collections.abc import Awaitable, Callable

from playwright.async_api import expect

from bot.sandbox.interactions import InteractionResult
from tests.browser_launch import IN_CHROMIUM
from tests.sandbox_page.cards import (
    approval_card,
    plain,
    reason_modal,
)
from tests.sandbox_page.conftest import NewPage
from tests.sandbox_page.desk import Deed, Desk
from tests.sandbox_page.person import become

pytestmark = IN_CHROMIUM


def opens_a_modal(desk: Desk) -> Callable[[Deed], Awaitable[InteractionResult]]:
    async def answer(deed: Deed) -> InteractionResult:
        if deed["kind"] == "click":
            desk.workspace.views.push(deed["person"], reason_modal())
        if deed["kind"] == "submit":
            desk.workspace.views.close_all(deed["person"])
        return InteractionResult(acked=True)

    return answer


async def test_a_modal_keeps_focus_closes_on_escape_and_gives_focus_back(
    desk: Desk, new_page: NewPage
) -> None:
    desk.post("card", blocks=approval_card())
    desk.interactions.answer = opens_a_modal(desk)
    page = await new_page()
    await page.goto(desk.url)
    reject = page.get_by_role("button", name="Reject")
    await reject.focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Reject this request")
    await expect(dialog.get_by_role("textbox", name="Reason")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(reject).to_be_focused()
    assert desk.interactions.deeds[-1]["kind"] == "close"


async def test_a_modals_inputs_are_submitted_by_block_and_action(
    desk: Desk, new_page: NewPage
) -> None:
    desk.post("card", blocks=approval_card())
    desk.interactions.answer = opens_a_modal(desk)
    page = await new_page()
    await page.goto(desk.url)
    await page.get_by_role("button", name="Reject").click()
    dialog = page.get_by_role("dialog", name="Reject this request")
    await dialog.get_by_role("textbox", name="Reason").fill("wrong <service>")
    await dialog.get_by_role("combobox", name="Kind").select_option(label="Wrong time")
    await dialog.get_by_role("checkbox", name="The requester").check()
    await dialog.get_by_role("button", name="Reject").click()
    await expect(dialog).to_have_count(0)
    assert desk.interactions.deeds[-1]["values"] == {
        "reason": {"text": "wrong <service>"},
        "kind": {"kind": "time"},
        "tell": {"tell": ["requester"]},
    }


async def test_a_modal_on_top_of_another_gives_way_to_it_when_closed(
    desk: Desk, new_page: NewPage
) -> None:
    below = desk.workspace.views.push("U0ALICE", reason_modal())
    page = await new_page()
    await page.goto(desk.url)
    first = page.get_by_role("dialog", name="Reject this request")
    await expect(first).to_be_visible()
    second = {**reason_modal(), "title": plain("Are you sure?")}
    above = desk.workspace.views.push("U0ALICE", second)
    on_top = page.get_by_role("dialog", name="Are you sure?")
    await expect(on_top).to_be_visible()
    await expect(first).to_have_count(0)
    await on_top.get_by_role("button", name="Cancel").click()
    await expect(first).to_be_visible()
    await first.get_by_role("button", name="Dismiss").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert [(d["view"], d["whole_stack"]) for d in desk.interactions.deeds] == [
        (above.id, False),
        (below.id, True),
    ]


async def test_a_modal_restored_after_leaving_the_page_closes_for_whoever_was_chosen(
    desk: Desk, new_page: NewPage
) -> None:
    page = await new_page()
    await page.goto(f"{desk.url}/c/C0PROD")
    await become(page, "Bob Larsen (Approver)")
    desk.workspace.views.push("U0BOB", reason_modal())
    dialog = page.get_by_role("dialog", name="Reject this request")
    for way in ("Cancel", "Dismiss"):
        await page.goto(f"{desk.url}/c/C0PROD")
        await expect(dialog).to_be_visible()
        await dialog.get_by_role("button", name=way).click()
        await expect(dialog).to_have_count(0)
        desk.workspace.views.push("U0BOB", reason_modal())
        await expect(dialog).to_be_visible()


async def test_an_update_of_a_modal_keeps_typed_text_and_focus(
    desk: Desk, new_page: NewPage
) -> None:
    opened = desk.workspace.views.push("U0ALICE", reason_modal())
    page = await new_page()
    await page.goto(desk.url)
    dialog = page.get_by_role("dialog", name="Reject this request")
    reason = dialog.get_by_role("textbox", name="Reason")
    await reason.fill("half a reason")
    await dialog.get_by_role("checkbox", name="The channel").check()
    await reason.focus()
    updated = reason_modal()
    updated["blocks"].insert(0, {"type": "header", "text": plain("Now urgent")})
    desk.workspace.views.replace(opened, updated)
    await expect(dialog.get_by_role("heading", name="Now urgent")).to_be_visible()
    await expect(reason).to_have_value("half a reason")
    await expect(reason).to_be_focused()
    await expect(dialog.get_by_role("checkbox", name="The channel")).to_be_checked()


async def test_errors_stand_under_their_field_and_typed_text_stays(
    desk: Desk, new_page: NewPage
) -> None:
    opened = desk.workspace.views.push("U0ALICE", reason_modal())

    async def refuse(_: Deed) -> InteractionResult:
        errors = {"reason": "Say more"}
        desk.workspace.views.show_errors(opened, errors)
        return InteractionResult(acked=True, errors=errors)

    desk.interactions.answer = refuse
    page = await new_page()
    await page.goto(desk.url)
    dialog = page.get_by_role("dialog", name="Reject this request")
    await dialog.get_by_role("textbox", name="Reason").fill("no")
    await dialog.get_by_role("button", name="Reject").click()
    await expect(dialog.get_by_role("alert")).to_have_text("Say more")
    await expect(dialog.get_by_role("textbox", name="Reason")).to_have_value("no")


async def test_a_submission_the_app_does_not_answer_says_so_and_keeps_the_modal(
    desk: Desk, new_page: NewPage
) -> None:
    async def silent(_: Deed) -> InteractionResult:
        return InteractionResult(acked=False, error="operation_timeout")

    desk.workspace.views.push("U0ALICE", reason_modal())
    desk.interactions.answer = silent
    page = await new_page()
    await page.goto(desk.url)
    dialog = page.get_by_role("dialog", name="Reject this request")
    await dialog.get_by_role("button", name="Reject").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("trouble connecting")
