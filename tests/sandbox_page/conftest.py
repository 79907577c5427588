"""Fixtures of the page's tests: a running page, and windows of Chromium for those that click."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.browser_launch import Troubles, in_the_tab
from tests.sandbox_page.browserlike import Browserlike
from tests.sandbox_page.desk import Desk, running_desk

NewPage = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="session")
async def desk() -> AsyncIterator[Desk]:
    """A page over a fresh workspace."""
    async with running_desk() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def tab(desk: Desk) -> AsyncIterator[Browserlike]:
    async with aiohttp.ClientSession() as session:
        opened = Browserlike(desk, session)
        await opened.see("/")
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def new_page(chromium: Browser, the_tab: Page) -> AsyncIterator[NewPage]:
    """Opens tabs; a script error, a console error or a blocked resource in any fails the test.

    `new_page(beside=page)` opens the tab in the same window, with what that one has stored.
    """
    troubles = Troubles()
    async with AsyncExitStack() as windows:
        first = [the_tab]

        async def opened(*, beside: Page | None = None, **options: Any) -> Page:
            if first and beside is None and not options:
                return await windows.enter_async_context(in_the_tab(first.pop(), troubles))
            if beside is None:
                window = await chromium.new_context(**options)
                windows.push_async_callback(window.close)
            else:
                window = beside.context
            page = await window.new_page()
            troubles.watch(page)
            return page

        yield opened
    assert troubles.heard == []
