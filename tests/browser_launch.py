"""A real Chromium for tests marked `browser`, and one clear line when there is none.

Looked for in this order: `SAYSO_CHROMIUM`, the distribution's (`chromium-headless-shell`, which
takes a third of the processor, `chromium`, `chromium-browser`, `google-chrome`), Playwright's own.
Where none is found the tests skip with the remedy; with `SAYSO_REQUIRE_BROWSER=1` they fail
instead. One Chromium serves all of them, on the one worker that is given all of them: a file of
such tests says `pytestmark = IN_CHROMIUM`. One tab serves them too, one after another, because
opening a window costs more than what most of them do in it; see `the_tab`.
"""

import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Error,
    Page,
    Playwright,
    ViewportSize,
    async_playwright,
    expect,
)

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
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

PATIENCE_MS = 30_000
"""How long a page may take on a machine that does many other things."""
WINDOW = ViewportSize(width=1280, height=720)
IN_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.xdist_group("chromium"),
    pytest.mark.timeout(180),
    pytest.mark.asyncio(loop_scope="session"),
]


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


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One Chromium for all tests; a window of its own for each."""
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        started = await launched(playwright)
        try:
            yield started
        finally:
            await started.close()


@dataclass  # Playwright keeps its own attributes on the owner of a listener, so no slots.
class Troubles:
    """What the pages of a test complained of: script errors, console errors, blocked resources."""

    heard: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", self._error)
        page.on("console", self._line)

    def leave(self, page: Page) -> None:
        page.remove_listener("pageerror", self._error)
        page.remove_listener("console", self._line)

    def _error(self, error: Error) -> None:
        self.heard.append(str(error))

    def _line(self, line: ConsoleMessage) -> None:
        if line.type == "error":
            self.heard.append(line.text)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def the_tab(chromium: Browser) -> AsyncIterator[Page]:
    """The tab that tests use one after another, by `in_the_tab`."""
    window = await chromium.new_context()
    yield await window.new_page()
    await window.close()


@asynccontextmanager
async def in_the_tab(page: Page, troubles: Troubles) -> AsyncIterator[Page]:
    """Use the tab as a new one: nothing of the test before is kept in it or stands beside it."""
    troubles.watch(page)
    yield page
    troubles.leave(page)
    for beside in page.context.pages:
        if beside is not page:
            await beside.close()
    await page.evaluate("sessionStorage.clear()")
    await page.goto("about:blank")
    await page.context.clear_cookies()
    await page.set_viewport_size(WINDOW)
    await page.mouse.move(0, 0)
