"""What stays and what changes on an open page in a real Chromium, by role and accessible name."""

from dataclasses import replace

import pytest
from playwright.async_api import expect

from bot.sandbox.nouns import Message
from tests.browser_launch import IN_CHROMIUM
from tests.sandbox_page.cards import (
    approval_card,
    mrkdwn_text,
)
from tests.sandbox_page.conftest import NewPage
from tests.sandbox_page.desk import Desk, running_desk
from tests.sandbox_page.person import become, until

pytestmark = IN_CHROMIUM


async def test_the_choice_of_person_outlives_a_reload_and_a_change_of_channel(
    desk: Desk, new_page: NewPage
) -> None:
    page = await new_page()
    await page.goto(desk.url)
    await become(page, "Carol Mensah (Second approver)")
    await page.get_by_role("link", name="#agent-approvals").click()
    await expect(page.get_by_role("heading", name="#agent-approvals")).to_be_visible()
    await expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    await page.reload()
    await expect(page.get_by_role("heading", name="#agent-approvals")).to_be_visible()
    assert await page.get_by_label("You are").input_value() == "U0CAROL"
    await page.goto(desk.url)
    await expect(page.get_by_label("You are")).to_have_value("U0CAROL")


@pytest.mark.parametrize("number", [3, pytest.param(10, marks=pytest.mark.long)])
async def test_many_tabs_see_a_message_and_its_change(
    desk: Desk, new_page: NewPage, number: int
) -> None:
    first = await new_page()
    tabs = [first, *[await new_page(beside=first) for _ in range(number - 1)]]
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
        # The page asks for the message it is told of; the server stays until it has it.
        messages = page.get_by_role("list", name="Messages in #prod-incidents")
        await expect(messages.get_by_text("a draft")).to_be_visible()


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


async def test_a_message_deleted_elsewhere_disappears(desk: Desk, new_page: NewPage) -> None:
    message: Message = desk.post("gone soon")
    page = await new_page()
    await page.goto(desk.url)
    await expect(page.get_by_text("gone soon")).to_be_visible()
    desk.workspace.log.remove(message)
    await expect(page.get_by_text("gone soon")).to_have_count(0)


async def test_a_full_channel_lets_its_oldest_message_go_when_one_more_comes(
    desk: Desk, new_page: NewPage
) -> None:
    for number in range(100):
        desk.post(f"line {number}")
    page = await new_page()
    await page.goto(desk.url)
    shown = page.get_by_role("list", name="Messages in #prod-incidents").get_by_role("listitem")
    await expect(shown).to_have_count(100)
    desk.post("one more")
    await expect(shown.last).to_contain_text("one more")
    await expect(shown).to_have_count(100)
    await expect(shown.first).to_contain_text("line 1")
