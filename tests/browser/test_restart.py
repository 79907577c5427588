"""A task waits while the gateway is stopped, and goes on when it is approved afterwards."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.tab import APPROVER, Demo, Tab
from tests.browser_launch import IN_CHROMIUM, PATIENCE_MS
from tests.programs import running

pytestmark = [*IN_CHROMIUM, pytest.mark.long]
ASKED = "restart checkout in prod after lunch"


async def opened(page: Page, demo: Demo) -> Tab:
    page.set_default_timeout(PATIENCE_MS)
    tab = Tab(page=page, demo=demo)
    await tab.open()
    return tab


async def test_a_task_that_waits_outlives_the_gateway_and_ends_after_its_approval(
    chromium: Browser, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    ledger = data / "ledger.db"
    command = ("demo", "--no-open", "--port", "0", "--data", str(data))
    async with running(*command, up="http://") as program, await chromium.new_context() as window:
        tab = await opened(await window.new_page(), Demo(program=program, ledger=ledger))
        await tab.asked(ASKED, "service_restart")
        task = tab.page.get_by_role("listitem").filter(has_text=ASKED).last
        await expect(task).to_contain_text("waits for 1 of oncall")

    async with running(*command, up="http://") as program, await chromium.new_context() as window:
        tab = await opened(await window.new_page(), Demo(program=program, ledger=ledger))
        card = await tab.card("service_restart")
        await tab.become(APPROVER)
        await tab.approve(card)

        await card.is_closed("✅ Approved · service_restart – done")
        told = tab.page.get_by_role("blockquote").filter(has_text=ASKED)
        task = tab.page.get_by_role("listitem").filter(has=told).last
        await expect(task).to_contain_text("Answered after")
