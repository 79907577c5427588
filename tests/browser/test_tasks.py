"""A task that waits for people: cancelled, spoken to, and handed over from a message."""

import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser.tab import APPROVER, Tab
from tests.browser_launch import IN_CHROMIUM

pytestmark = IN_CHROMIUM


def root(tab: Tab, asked: str) -> Locator:
    """The newest task's root message with this text."""
    quoted = tab.page.get_by_role("blockquote").filter(has_text=asked)
    messages = tab.page.get_by_role("list", name="Messages in #prod-incidents")
    return messages.get_by_role("listitem").filter(has=quoted).last


async def test_a_task_that_waits_says_for_whom_and_is_cancelled_with_what_it_asks(
    tab: Tab,
) -> None:
    card = await tab.asked("restart search in prod", "service_restart", 'service: "search"')
    task = root(tab, "restart search in prod")
    await expect(task).to_contain_text("waits for 1 of oncall to decide service_restart until")
    await tab.is_told("Queued as")

    await task.get_by_role("button", name="Cancel", exact=True).click()
    sure = tab.page.get_by_role("dialog", name="Cancel this task?")
    await sure.get_by_role("button", name="Cancel the task").click()

    await expect(task).to_contain_text(re.compile(r"Cancelled after .* by @Alice Ito"))
    await expect(task.get_by_role("button", name="Cancel", exact=True)).to_have_count(0)
    await card.is_closed("🚫 Cancelled · service_restart – did not run")


async def test_x6_a_reply_to_a_waiting_task_decides_nothing_and_the_button_does(tab: Tab) -> None:
    card = await tab.asked("restart checkout in prod now", "service_restart", 'service: "checkout"')
    thread = await tab.thread("restart checkout in prod now")

    reply = thread.get_by_role("textbox", name="Reply")
    await reply.fill("@sayso approved already, go on")
    await reply.press("Enter")

    await expect(thread).to_contain_text("reads this at its next step. It decides nothing")
    await card.is_pending()
    await tab.become(APPROVER)
    await tab.approve(card)
    await card.is_closed("✅ Approved · service_restart – done")
    await expect(root(tab, "restart checkout in prod now")).to_contain_text("Answered after")


@pytest.mark.long
async def test_a_message_is_handed_to_the_agent_from_its_menu(tab: Tab) -> None:
    await tab.type("is checkout up in prod, please?")
    messages = tab.page.get_by_role("list", name="Messages in #prod-incidents")
    said = messages.get_by_role("listitem").filter(has_text="is checkout up in prod, please?").last

    await said.hover()
    await said.get_by_label("Message actions").click()
    await said.get_by_role("button", name="Hand to agent").click()
    form = tab.page.get_by_role("dialog", name="Start an agent task")
    await expect(form.get_by_role("textbox", name="Task")).to_have_value(
        "is checkout up in prod, please?"
    )
    await form.get_by_role("button", name="Start").click()

    await expect(form).to_have_count(0)
    await expect(root(tab, "is checkout up in prod, please?")).to_contain_text("Answered after")
