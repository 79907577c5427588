"""Fixtures of the page's tests: a running page, and Chromium for those that click."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.browser_launch import browser, new_page
from tests.sandbox_page.browserlike import Browserlike
from tests.sandbox_page.desk import Desk, running_desk

__all__ = ["browser", "new_page"]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """A page over a fresh workspace."""
    async with running_desk() as running:
        yield running


@pytest.fixture
async def tab(desk: Desk) -> AsyncIterator[Browserlike]:
    async with aiohttp.ClientSession() as session:
        opened = Browserlike(desk, session)
        await opened.see("/")
        yield opened
