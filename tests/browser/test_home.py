"""The Home tab in a browser: found under Apps, decided in, empty afterwards; also on a phone."""

import pytest
from playwright.async_api import Locator, ViewportSize, expect

from tests.browser.tab import APPROVER, Tab
from tests.browser_launch import IN_CHROMIUM, WINDOW

pytestmark = IN_CHROMIUM
PHONE = ViewportSize(width=390, height=844)


async def at_home(tab: Tab) -> Locator:
    await tab.page.get_by_role("link", name="Sayso", exact=True).click()
    home = tab.page.locator("#home")
    await expect(home.get_by_role("heading", name="Waiting for you")).to_be_visible()
    return home


async def test_an_approver_approves_on_a_phone_in_the_home_tab(tab: Tab) -> None:
    card = await tab.asked("pay 310 to home-tab", "ledger_pay", '"home-tab"')
    await tab.become(APPROVER)
    await tab.page.set_viewport_size(PHONE)
    await tab.page.goto(f"{tab.demo.url}home")
    home = tab.page.locator("#home")
    await expect(home).to_contain_text('to: "home-tab"')
    width = await tab.page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]

    # The newest closes last: its buttons are the last ones.
    await home.get_by_role("button", name="Approve", exact=True).last.click()

    await expect(home).not_to_contain_text('to: "home-tab"')
    await expect(home).to_contain_text("you approved it")
    await tab.page.set_viewport_size(WINDOW)
    await tab.open()
    await card.is_closed("✅ Approved · ledger_pay – done")
    assert tab.demo.paid("home-tab") == [310]


@pytest.mark.long
async def test_a_rejection_in_the_home_tab_asks_why_in_a_window(tab: Tab) -> None:
    card = await tab.asked("pay 320 to not-home", "ledger_pay", '"not-home"')
    await tab.become(APPROVER)
    home = await at_home(tab)
    await expect(home).to_contain_text('to: "not-home"')

    await home.get_by_role("button", name="Reject", exact=True).last.click()
    window = tab.page.get_by_role("dialog", name="Reject this call")
    await window.get_by_role("textbox", name="Reason").fill("not this way")
    await window.get_by_role("button", name="Reject").click()

    await expect(home).not_to_contain_text('to: "not-home"')
    await expect(home).to_contain_text("you rejected it")
    await tab.page.get_by_role("link", name="#prod-incidents", exact=True).click()
    await card.is_closed("❌ Rejected · ledger_pay – did not run")
    assert tab.demo.paid("not-home") == []
