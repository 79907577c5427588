"""One `sayso demo` process for all scenarios; a fresh window of the one Chromium for each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from bot.demo.world import POLICY_PATH
from tests.browser.tab import Demo, Tab
from tests.browser_launch import PATIENCE_MS
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
async def tab(chromium: Browser, demo: Demo) -> AsyncIterator[Tab]:
    """#prod-incidents in a new window, as the requester; a script error fails the test."""
    troubles: list[str] = []
    window = await chromium.new_context()
    page = await window.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda line: troubles.append(line.text) if line.type == "error" else None)
    tab = Tab(page=page, demo=demo)
    await tab.open()
    yield tab
    await window.close()
    assert troubles == []
