"""A real Chromium for tests marked `browser`, and one clear line when there is none.

Looked for in this order: `SAYSO_CHROMIUM`, the distribution's (`chromium`, `chromium-browser`,
`google-chrome`), Playwright's own. Where none is found the tests skip with the remedy; with
`SAYSO_REQUIRE_BROWSER=1` they fail instead. One Chromium serves all of them, on the one worker
that is given all of them: a file of such tests says `pytestmark = IN_CHROMIUM`.
"""

import os
import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Playwright, async_playwright, expect

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

PATIENCE_MS = 30_000
"""How long a page may take on a machine that does many other things."""
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
