"""All scenarios are played in one tab, on the demo that other tests look at as well."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.browser.tab import Demo, Tab
from tests.browser_launch import Troubles, in_the_tab
from tests.demo_here import SharedDemo


@pytest.fixture
def demo(chromium: Browser, shared_demo: SharedDemo) -> Demo:
    """The demo; asks first whether there is a browser."""
    assert chromium.is_connected()
    return Demo(program=shared_demo.program, ledger=shared_demo.data / "ledger.db")


@pytest_asyncio.fixture(loop_scope="session")
async def tab(the_tab: Page, demo: Demo) -> AsyncIterator[Tab]:
    """#prod-incidents, as the requester; a script error fails the test."""
    troubles = Troubles()
    async with in_the_tab(the_tab, troubles) as page:
        tab = Tab(page=page, demo=demo)
        await tab.open()
        yield tab
    assert troubles.heard == []
