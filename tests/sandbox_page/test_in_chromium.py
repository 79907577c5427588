"""The page in a real Chromium, found by role and accessible name only."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from playwright.async_api import Page, expect

from bot.sandbox.interactions import InteractionResult
from bot.sandbox.nouns import Message
from tests.browser_launch import NewPage
from tests.sandbox_page.cards import (
    approval_card,
    button,
    closed_card,
    mrkdwn_text,
    plain,
    reason_modal,
)
from tests.sandbox_page.desk import Deed, Desk, running_desk

pytestmark = pytest.mark.browser

OK = InteractionResult(acked=True)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.02)


async def become(page: Page, name: str) -> None:
    await page.get_by_label("You are").select_option(label=name)


def closes_the_card(desk: Desk) -> Callable[[Deed], Awaitable[InteractionResult]]:
    async def answer(deed: Deed) -> InteractionResult:
        message = desk.workspace.message(deed["channel"], deed["ts"])
        assert message is not None
        edited = replace(message, blocks=closed_card(), edited_ts=message.ts)
        desk.workspace.log.put(edited)
        return OK

    return answer


def opens_a_modal(desk: Desk) -> Callable[[Deed], Awaitable[InteractionResult]]:
    async def answer(deed: Deed) -> InteractionResult:
        if deed["kind"] == "click":
            desk.workspace.views.push(deed["person"], reason_modal())
        if deed["kind"] == "submit":
            desk.workspace.views.close_all(deed["person"])
        return OK

    return answer


async def test_a_click_on_approve_is_sent_as_the_chosen_person_and_closes_the_card(
    desk: Desk, new_page: NewPage
) -> None:
    message = desk.post("card", blocks=approval_card())
    desk.interactions.answer = closes_the_card(desk)
    page = await new_page()
    await page.goto(desk.url)
    await page.get_by_role("link", name="#prod-incidents").click()
    await become(page, "Bob Larsen (Approver)")
    await page.get_by_role("button", name="Approve").click()
    await expect(page.get_by_role("heading", name="Approved: k8s.restart")).to_be_visible()
    await expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    [deed] = desk.interactions.deeds
    assert (deed["person"], deed["ts"], deed["action_id"]) == ("U0BOB", message.ts, "approve")


async def test_the_choice_of_person_outlives_a_reload_and_a_change_of_channel(
    desk: Desk, new_page: NewPage
) -> None:
    page = await new_page()
    await page.goto(desk.url)
    await become(page, "Carol Mensah (Second approver)")
    await page.get_by_role("link", name="#agent-approvals").click()
    await expect(page.get_by_role("heading", name="#agent-approvals")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("heading", name="#agent-approvals")).to_be_visible()
    assert await page.get_by_label("You are").input_value() == "U0CAROL"
    await page.goto(desk.url)
    await expect(page.get_by_label("You are")).to_have_value("U0CAROL")


async def test_ten_tabs_see_a_message_and_its_change(desk: Desk, new_page: NewPage) -> None:
    first = await new_page()
    tabs = [first, *[await new_page(beside=first) for _ in range(9)]]
    for tab in tabs:
        await tab.goto(desk.url)
    message = desk.post("it begins")
    for tab in tabs:
        await expect(tab.get_by_text("it begins")).to_be_visible()
    desk.workspace.log.put(replace(message, text="it ends", edited_ts=message.ts))
    for tab in tabs:
        await expect(tab.get_by_text("it ends")).to_be_visible()
        await expect(tab.get_by_text("it begins")).to_have_count(0)


async def test_focus_and_typed_text_survive_new_and_changed_messages(
    desk: Desk, new_page: NewPage
) -> None:
    message = desk.post("card", blocks=approval_card())
    page = await new_page()
    await page.goto(desk.url)
    box = page.get_by_role("textbox", name="Message")
    await box.fill("half a sent")
    approve = page.get_by_role("button", name="Approve")
    await approve.focus()
    desk.post("another message")
    await expect(page.get_by_text("another message")).to_be_visible()
    await expect(approve).to_be_focused()
    changed = [*approval_card(), {"type": "section", "text": mrkdwn_text("one of two approved")}]
    desk.workspace.log.put(replace(message, blocks=changed))
    await expect(page.get_by_text("one of two approved")).to_be_visible()
    await expect(approve).to_be_focused()
    await expect(box).to_have_value("half a sent")
    await page.reload()
    await expect(box).to_have_value("half a sent")


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


async def test_an_unanswered_click_leaves_a_warning(desk: Desk, new_page: NewPage) -> None:
    async def silent(_: Deed) -> InteractionResult:
        return InteractionResult(acked=False, error="operation_timeout")

    desk.post("card", blocks=approval_card())
    desk.interactions.answer = silent
    page = await new_page()
    await page.goto(desk.url)
    await page.get_by_role("button", name="Approve").click()
    await expect(page.get_by_role("img", name="did not answer")).to_be_visible()


async def test_a_confirm_dialog_stands_before_the_click(desk: Desk, new_page: NewPage) -> None:
    confirm = {"title": plain("Really?"), "text": plain("It is prod"), "confirm": plain("Do it")}
    elements = [button("Restart", "go", confirm=confirm)]
    desk.post("card", blocks=[{"type": "actions", "block_id": "b", "elements": elements}])
    page = await new_page()
    await page.goto(desk.url)
    dialog = page.get_by_role("dialog", name="Really?")
    await page.get_by_role("button", name="Restart").click()
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(dialog).to_have_count(0)
    assert desk.interactions.deeds == []
    await page.get_by_role("button", name="Restart").click()
    await dialog.get_by_role("button", name="Do it").click()
    await until(lambda: len(desk.interactions.deeds) == 1)


async def test_a_command_is_completed_by_keyboard_and_sent(desk: Desk, new_page: NewPage) -> None:
    page = await new_page()
    await page.goto(desk.url)
    box = page.get_by_role("textbox", name="Message")
    await box.press_sequentially("/ag")
    await expect(page.get_by_role("option", name="/agent")).to_be_visible()
    await box.press("Enter")
    await expect(box).to_have_value("/agent ")
    await box.press_sequentially("restart the checkout service in prod")
    await box.press("Enter")
    await until(lambda: len(desk.interactions.deeds) == 1)
    assert desk.interactions.deeds[0]["text"] == "/agent restart the checkout service in prod"
    await expect(box).to_have_value("")


async def test_a_thread_opens_beside_the_channel_and_takes_replies(
    desk: Desk, new_page: NewPage
) -> None:
    parent = desk.post("question")
    desk.post("first answer", thread_ts=parent.ts)
    page = await new_page()
    await page.goto(desk.url)
    await page.get_by_role("link", name="1 reply").click()
    thread = page.get_by_role("region", name="Thread")
    await expect(thread.get_by_text("first answer")).to_be_visible()
    await thread.get_by_role("textbox", name="Reply").fill("second answer")
    await thread.get_by_role("button", name="Send").click()
    await expect(thread.get_by_text("second answer")).to_be_visible()
    await expect(page.get_by_role("link", name="2 replies")).to_be_visible()
    await thread.get_by_role("link", name="Close thread").click()
    await expect(thread).to_have_count(0)


async def test_what_changed_while_the_server_was_away_is_there_when_it_is_back(
    new_page: NewPage,
) -> None:
    page = await new_page()
    async with running_desk() as first:
        port = int(first.url.rpartition(":")[2])
        await page.goto(first.url)
        await page.get_by_role("textbox", name="Message").fill("a draft")
    await expect(page.get_by_role("status").filter(has_text="Reconnecting")).to_be_visible()
    async with running_desk(port=port) as second:
        second.post("said meanwhile", author="U0BOB")
        await expect(page.get_by_text("said meanwhile")).to_be_visible()
        await expect(page.get_by_role("textbox", name="Message")).to_have_value("a draft")
        await page.get_by_role("textbox", name="Message").press("Enter")
        await until(lambda: [d["text"] for d in second.interactions.deeds] == ["a draft"])


async def test_the_list_follows_new_messages_only_from_its_end(
    desk: Desk, new_page: NewPage
) -> None:
    for number in range(60):
        desk.post(f"line {number}")
    page = await new_page()
    await page.goto(desk.url)
    messages = page.get_by_role("list", name="Messages in #prod-incidents")
    desk.post("the newest")
    await expect(page.get_by_text("the newest")).to_be_in_viewport()
    await messages.evaluate("list => { list.scrollTop = 0; }")
    desk.post("newer still")
    await expect(page.get_by_text("newer still")).to_have_count(1)
    assert await messages.evaluate("list => list.scrollTop") == 0


async def test_opening_a_thread_leaves_the_channel_where_it_was(
    desk: Desk, new_page: NewPage
) -> None:
    parent = desk.post("the question")
    desk.post("an answer", thread_ts=parent.ts)
    for number in range(60):
        desk.post(f"line {number}")
    page = await new_page()
    await page.goto(desk.url)
    messages = page.get_by_role("list", name="Messages in #prod-incidents")
    await messages.evaluate("list => { list.scrollTop = 40; }")
    await page.get_by_role("link", name="1 reply").click()
    await expect(page.get_by_role("textbox", name="Reply")).to_be_focused()
    assert await messages.evaluate("list => list.scrollTop") <= 40


async def test_an_overflow_menu_sends_its_option_and_closes_on_a_click_elsewhere(
    desk: Desk, new_page: NewPage
) -> None:
    options = [{"text": plain("Freeze"), "value": "freeze"}]
    menu = {"type": "overflow", "action_id": "more", "options": options}
    text = mrkdwn_text("a section")
    section = {"type": "section", "block_id": "s", "text": text, "accessory": menu}
    desk.post("card", blocks=[section])
    page = await new_page()
    await page.goto(desk.url)
    freeze = page.get_by_role("button", name="Freeze")
    await page.get_by_label("More actions").click()
    await expect(freeze).to_be_visible()
    await page.get_by_role("heading", name="#prod-incidents").click()
    await expect(freeze).to_be_hidden()
    await page.get_by_label("More actions").click()
    await freeze.click()
    await until(lambda: [d["value"] for d in desk.interactions.deeds] == ["freeze"])


async def test_switching_the_person_swaps_what_is_private(desk: Desk, new_page: NewPage) -> None:
    desk.post("for Bob alone", ephemeral_to="U0BOB")
    page = await new_page()
    await page.goto(desk.url)
    await expect(page.get_by_text("for Bob alone")).to_have_count(0)
    await page.get_by_label("You are").focus()
    await become(page, "Bob Larsen (Approver)")
    await expect(page.get_by_text("for Bob alone")).to_be_visible()
    desk.post("and again", ephemeral_to="U0BOB")
    await expect(page.get_by_text("and again")).to_be_visible()
    await expect(page.get_by_label("You are")).to_be_focused()
    await become(page, "Eve Novak (External person)")
    await expect(page.get_by_text("for Bob alone")).to_have_count(0)


async def test_messages_are_walked_by_arrow_keys_and_answered_by_keyboard(
    desk: Desk, new_page: NewPage
) -> None:
    for text in ("first", "second"):
        desk.post(text, author="U0BOB")
    page = await new_page()
    await page.goto(desk.url)
    await page.get_by_role("list", name="Messages in #prod-incidents").focus()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    thread = page.get_by_role("region", name="Thread")
    await expect(thread.get_by_text("first")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(thread).to_have_count(0)
    first = page.get_by_role("listitem").filter(has_text="first")
    await expect(first).to_be_focused()


async def test_a_phone_notification_shows_the_text_alone(desk: Desk, new_page: NewPage) -> None:
    message = desk.post("restart checkout, high risk", blocks=approval_card())
    page = await new_page()
    await page.goto(desk.url)
    await page.get_by_role("heading", name="Approve k8s.restart?").hover()
    toggle = page.get_by_role("button", name="Show as a phone notification")
    await toggle.click()
    await expect(page.get_by_role("note").filter(has_text=message.text)).to_be_visible()
    await toggle.click()
    await expect(page.get_by_text(message.text)).to_have_count(0)


async def test_the_home_tab_is_opened_and_its_buttons_work(desk: Desk, new_page: NewPage) -> None:
    elements = [button("Show mine", "mine")]
    blocks = [{"type": "actions", "block_id": "b", "elements": elements}]
    home = desk.workspace.views.publish_home("U0ALICE", {"type": "home", "blocks": blocks})
    page = await new_page()
    await page.goto(desk.url)
    apps = page.get_by_role("navigation", name="Apps")
    await apps.get_by_role("link", name="Sayso").click()
    await page.get_by_role("button", name="Show mine").click()
    await until(lambda: len(desk.interactions.deeds) == 2)
    assert desk.interactions.deeds[0]["kind"] == "open_home"
    assert desk.interactions.deeds[1]["view"] == home.id


async def test_a_message_deleted_elsewhere_disappears(desk: Desk, new_page: NewPage) -> None:
    message: Message = desk.post("gone soon")
    page = await new_page()
    await page.goto(desk.url)
    await expect(page.get_by_text("gone soon")).to_be_visible()
    desk.workspace.log.remove(message)
    await expect(page.get_by_text("gone soon")).to_have_count(0)
