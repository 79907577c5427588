"""Two clicks, no mouse, a reload in between: one decision each, and the card tells it."""

import pytest
from playwright.async_api import Locator, expect

from tests.browser.tab import APPROVER, CHANNEL, Tab
from tests.browser_launch import IN_CHROMIUM

pytestmark = IN_CHROMIUM


async def test_a_double_click_is_one_decision_and_one_payment(tab: Tab) -> None:
    card = await tab.asked("pay 150 to doublers", "ledger_pay", '"doublers"')
    await tab.become(APPROVER)
    await card.button("Approve").dblclick()
    await card.is_closed("✅ Approved · ledger_pay – done")
    assert (await card.here.inner_text()).count("@Bob Larsen") == 1

    assert tab.demo.paid("doublers") == [150]


@pytest.mark.long
async def test_a_double_click_in_the_question_is_one_restart(tab: Tab) -> None:
    before = tab.demo.service_pid("checkout")
    card = await tab.asked("restart checkout in prod", "service_restart", '"checkout"')
    await tab.become(APPROVER)
    await card.button("Approve").dblclick()
    sure = tab.page.get_by_role("dialog", name="Run this high-risk call?")
    await sure.get_by_role("button", name="Approve").dblclick()
    await card.is_closed("✅ Approved · service_restart – done")
    await expect(sure).to_have_count(0)

    thread = await tab.thread("restart checkout in prod")
    await expect(thread).to_contain_text(f"replaced pid {before}")
    await card.shows(str(tab.demo.service_pid("checkout")))


@pytest.mark.long
async def test_a_reload_changes_nothing_before_or_after_the_decision(tab: Tab) -> None:
    card = await tab.asked("pay 175 to reloaders", "ledger_pay", '"reloaders"')
    await tab.become(APPROVER)
    await tab.page.reload()
    await expect(tab.page.get_by_label("You are")).to_have_value("U0BOB")
    await card.shows('to: "reloaders"')
    await tab.approve(card, asks_twice=False)
    await card.is_closed("✅ Approved · ledger_pay – done")

    await tab.page.reload()
    await card.is_closed("✅ Approved · ledger_pay – done")
    await card.shows('to: "reloaders"', "Approved by @Bob Larsen")
    assert tab.demo.paid("reloaders") == [175]


@pytest.mark.long
async def test_everything_from_command_to_approval_goes_by_keyboard_alone(tab: Tab) -> None:
    keyboard = tab.page.keyboard
    before = tab.demo.service_pid("search")
    await _tab_to(tab, tab.page.get_by_role("textbox", name="Message"))
    await keyboard.type("/agent restart search in prod")
    await keyboard.press("Enter")
    card = await tab.card("service_restart", '"search"')
    await _tab_to(tab, tab.page.get_by_label("You are"))
    await keyboard.type("Bob")
    await expect(tab.page.get_by_label("You are")).to_have_value("U0BOB")
    await expect(tab.page.get_by_role("heading", name=CHANNEL)).to_be_visible()

    await _tab_to(tab, card.button("Approve"))
    await keyboard.press("Enter")
    sure = tab.page.get_by_role("dialog", name="Run this high-risk call?")
    await expect(sure).to_be_visible()
    await _tab_to(tab, sure.get_by_role("button", name="Approve"))
    await keyboard.press("Enter")

    await card.is_closed("✅ Approved · service_restart – done")
    assert tab.demo.service_pid("search") != before


async def _tab_to(tab: Tab, wanted: Locator) -> None:
    """Press Tab until the element has the focus, as somebody without a mouse does."""
    await expect(wanted).to_be_visible()
    for _ in range(150):
        if await wanted.evaluate("element => element === document.activeElement"):
            return
        await tab.page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {wanted}")
