"""Takes the pictures of the README from the real page: `python -m docs_pages.pictures`.

Starts the demo, types the command as Alice, approves as Bob, and writes what it saw to
`docs/images/`. Run by hand when the page or the card changes; no test compares pixels.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, ViewportSize, async_playwright, expect

IMAGES = Path(__file__).parents[1] / "docs" / "images"
SIZE = ViewportSize(width=1160, height=700)
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
COMMAND = "/agent restart the checkout service in prod"
PATIENCE_MS = 30_000


@asynccontextmanager
async def running_demo() -> AsyncIterator[str]:
    """Start `sayso demo` on a free port and yield its page's address."""
    demo = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--no-open", "--port", "0"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert demo.stdout is not None
    try:
        url = await asyncio.wait_for(demo.stdout.readline(), 30)
        yield url.decode().strip()
    finally:
        demo.terminate()
        await demo.wait()


@asynccontextmanager
async def opened_page(url: str) -> AsyncIterator[Page]:
    """Open *url* in a Chromium of the machine, or in Playwright's own."""
    path = os.environ.get("SAYSO_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        page = await browser.new_page(viewport=SIZE)
        page.set_default_timeout(PATIENCE_MS)
        await page.goto(url)
        yield page
        await browser.close()


async def take(page: Page, images: Path) -> None:
    """Walk from the command to the finished run, taking a picture before and after the click."""
    await page.get_by_role("link", name="#prod-incidents").click()
    box = page.get_by_role("textbox", name="Message").first
    await box.fill(COMMAND)
    await box.press("Enter")
    approve = page.get_by_role("button", name="Approve")
    await approve.first.wait_for()
    await page.screenshot(path=images / "card-pending.png")
    await page.get_by_label("You are").select_option(label="Bob Larsen (Approver)")
    await approve.first.click()
    await page.get_by_role("dialog").get_by_role("button", name="Approve").click()
    await expect(approve).to_have_count(0, timeout=PATIENCE_MS)
    await expect(page.get_by_text("succeeded after")).to_be_visible(timeout=PATIENCE_MS)
    await expect(page.get_by_text("5 replies")).to_be_visible(timeout=PATIENCE_MS)
    await page.mouse.move(0, 0)
    await page.screenshot(path=images / "card-approved.png")


async def main() -> None:
    """Take all pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    async with running_demo() as url, opened_page(url) as page:
        await take(page, IMAGES)


if __name__ == "__main__":
    asyncio.run(main())
