"""A person at the page in Chromium, and patience."""

import asyncio
from collections.abc import Callable

from playwright.async_api import Page


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.02)


async def become(page: Page, name: str) -> None:
    await page.get_by_label("You are").select_option(label=name)
