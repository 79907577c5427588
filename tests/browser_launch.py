"""A real Chromium for tests marked `browser`, and one clear line when there is none.

Looked for in this order: `SAYSO_CHROMIUM`, the distribution's (`chromium`, `chromium-browser`,
`google-chrome`), Playwright's own. Where none is found the tests skip with the remedy; with
`SAYSO_REQUIRE_BROWSER=1` they fail instead. Use it from a conftest:

    from tests.browser_launch import browser, new_page
"""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Playwright, async_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
REMEDY = (
    "no Chromium: install it (apt install chromium, or python -m playwright install chromium) "
    "or set SAYSO_CHROMIUM to its path"
)

NewPage = Callable[..., Awaitable[Page]]


def chromium_path(environment: Mapping[str, str], bundled: str) -> str | None:
    """The Chromium to start, or `None` when there is none."""
    chosen = environment.get("SAYSO_CHROMIUM")
    if chosen:
        return chosen if Path(chosen).is_file() else None
    installed = (shutil.which(name, path=environment.get("PATH", "")) for name in NAMES)
    found = next((path for path in installed if path), None)
    return found or (bundled if Path(bundled).is_file() else None)


def give_up(environment: Mapping[str, str]) -> None:
    """Skip the test with the remedy, or fail it where a browser is required."""
    if environment.get("SAYSO_REQUIRE_BROWSER") == "1":
        pytest.fail(REMEDY, pytrace=False)
    pytest.skip(REMEDY)


async def launched(playwright: Playwright) -> Browser:
    """Chromium, started without reaching for the network."""
    path = chromium_path(os.environ, playwright.chromium.executable_path)
    if path is None:
        give_up(os.environ)
    return await playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for the test."""
    async with async_playwright() as playwright:
        started = await launched(playwright)
        try:
            yield started
        finally:
            await started.close()


@pytest.fixture
async def new_page(browser: Browser) -> AsyncIterator[NewPage]:
    """Opens tabs; a script error, a console error or a blocked resource in any fails the test.

    `new_page(beside=page)` opens the tab in the same window, with what that one has stored.
    """
    troubles: list[str] = []

    async def opened(*, beside: Page | None = None, **options: Any) -> Page:
        window = beside.context if beside else await browser.new_context(**options)
        page = await window.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on(
            "console",
            lambda line: troubles.append(line.text) if line.type == "error" else None,
        )
        return page

    yield opened
    assert troubles == []
