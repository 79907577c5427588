"""One `sayso demo` process for all scenarios, which are played in one tab."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from bot.demo.world import POLICY_PATH
from tests.browser.tab import Demo, Tab
from tests.browser_launch import Troubles, in_the_tab
from tests.programs import running

IMPATIENT = """
      - tool: ledger_pay
        when: args.to == "nobody"
        effect: ask
        timeout: 2s
"""
"""Added to the demo's own rules: a payee for whom there is little time."""


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def demo(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Demo]:
    """The demo by its own rules and an impatient one; asks first whether there is a browser."""
    assert chromium.is_connected()
    place: Path = tmp_path_factory.mktemp("demo")
    policy = place / "policy.yml"
    policy.write_text(POLICY_PATH.read_text("utf-8") + IMPATIENT, "utf-8")
    command = ("demo", "--no-open", "--port", "0", "--data", str(place / "data"))
    async with running(*command, "--policy", str(policy), up="http://") as program:
        yield Demo(program=program, ledger=place / "data" / "ledger.db")


@pytest_asyncio.fixture(loop_scope="session")
async def tab(the_tab: Page, demo: Demo) -> AsyncIterator[Tab]:
    """#prod-incidents, as the requester; a script error fails the test."""
    troubles = Troubles()
    async with in_the_tab(the_tab, troubles) as page:
        tab = Tab(page=page, demo=demo)
        await tab.open()
        yield tab
    assert troubles.heard == []
