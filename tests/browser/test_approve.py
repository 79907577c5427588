"""A command, a card, an approval, and something real has changed."""

import re

from playwright.async_api import expect

from tests.browser.tab import APPROVER, Tab
from tests.browser_launch import IN_CHROMIUM
from tests.programs import is_alive

pytestmark = IN_CHROMIUM


async def test_an_approved_restart_replaces_the_services_process_and_closes_the_card(
    tab: Tab,
) -> None:
    before = tab.demo.service_pid("checkout")
    card = await tab.asked("restart the checkout service in prod", "service_restart")
    await card.shows("High risk", 'environment: "prod"', 'service: "checkout"', "for @Alice Ito")
    assert tab.demo.service_pid("checkout") == before

    await tab.become(APPROVER)
    await tab.approve(card)

    await card.is_closed("✅ Approved · service_restart – done")
    await card.shows("Approved by @Bob Larsen", 'environment: "prod"', 'service: "checkout"')
    after = tab.demo.service_pid("checkout")
    assert after != before
    assert not is_alive(before)
    thread = await tab.thread("restart the checkout service in prod")
    await expect(thread).to_contain_text(f"replaced pid {before}")

    await tab.type("/agent is checkout up in prod?")
    thread = await tab.thread("is checkout up in prod?")
    await expect(thread).to_contain_text(re.compile(rf"\bpid {after}\b"))
