"""The whole program on a local Slack with its page, and a person at it at a desk and on a phone."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Browser, Error, Locator, Page, expect

from bot.sandbox.page.routes import add_page
from tests.browser_launch import Troubles
from tests.security.whole_gateway import WholeGateway, a_whole_gateway

PICTURES = "SAYSO_PICTURES"
"""The directory that pictures are kept in, to be looked at; without it they are let go."""
DESK: dict[str, Any] = {"viewport": {"width": 1160, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}}
POLICY = """
version: 1
defaults:
  channel: "#prod-incidents"
  timeout: 15m
  freeze: [oncall]
people: {oncall: {users: [U0BOB, U0CAROL]}}
channels:
  "#prod-incidents":
    id: C0PROD
    approvers: [oncall]
    cooldown: off
    reasons: [Not during the sale., Ask the owner first.]
    rules:
      - {tool: deploy, effect: ask, edit: true, message: Deploying is announced in the channel.}
      - {tool: restart, effect: ask, reason: off, risk: high, hold: 1m}
      - {tool: pay, effect: ask, reason: always}
      - {tool: both, effect: ask, reason: off, quorum: [{of: oncall, count: 2}]}
      - {tool: script, effect: ask}
      - {tool: sayso.ask, effect: ask}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What is on it."""

    gateway: WholeGateway
    browser: Browser
    pictures: Path | None
    troubles: Troubles
    calls: "set[asyncio.Task[Any]]"

    def asks(self, tool: str, **arguments: Any) -> None:
        """Let an agent call *tool*, and wait."""
        guarded = self.gateway.gate.guard(channel="#prod-incidents")(TOOLS[tool])
        self.calls.add(asyncio.create_task(guarded(**arguments)))

    @asynccontextmanager
    async def somebody(self, person: str, **looks: Any) -> AsyncIterator[Page]:
        """Open the channel as *person*, in a browser of their own."""
        window = await self.browser.new_context(**(looks or DESK))
        page = await window.new_page()
        self.troubles.watch(page)
        await page.goto(self.gateway.slack.url)
        await page.get_by_label("You are").select_option(value=person, force=True)
        yield page
        await window.close()

    async def picture(self, shown: Page | Locator, name: str) -> None:
        if self.pictures is None:
            return
        path = self.pictures / f"{name}.png"
        try:
            await shown.screenshot(path=path)
        except Error:  # it was drawn anew meanwhile
            await shown.screenshot(path=path)


async def deploy(service: str, replicas: int, dry_run: bool, kind: Literal["a", "b"]) -> str:
    """Deploy a service."""
    return service


async def restart(service: str) -> str:
    """Restart a service."""
    return service


async def pay(to: str, amount_eur: int) -> str:
    """Pay."""
    return to


async def both(service: str) -> str:
    """Do what two people approve."""
    return service


async def script(text: str) -> str:
    """Run a script."""
    return text


TOOLS: dict[str, Any] = {each.__name__: each for each in (deploy, restart, pay, both, script)}


@asynccontextmanager
async def a_stage(directory: Path, browser: Browser, policy: str = POLICY) -> AsyncIterator[Stage]:
    """Open everything; a script error in a page fails the test."""
    kept = os.environ.get(PICTURES)
    pictures = Path(kept) if kept else None
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
    calls: set[asyncio.Task[Any]] = set()
    troubles = Troubles()
    async with a_whole_gateway(directory, policy, pages=(add_page,)) as gateway:
        try:
            yield Stage(
                gateway=gateway, browser=browser, pictures=pictures, troubles=troubles, calls=calls
            )
        finally:
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
    assert troubles.heard == []


def card(page: Page, tool: str) -> Locator:
    """The newest card about *tool*."""
    about = page.get_by_role("heading", name=re.compile(rf"\b{tool}\b"))
    messages = page.get_by_role("list", name="Messages in #prod-incidents")
    return messages.get_by_role("listitem").filter(has=about).last


async def press(place: Page | Locator, name: str) -> None:
    await place.get_by_role("button", name=name, exact=True).click()


async def close(window: Locator) -> None:
    """Close a window and wait until it has given the page back: then its keys are heard."""
    await press(window, "Close")
    await expect(window).to_be_hidden()


async def fits(page: Page) -> None:
    """Fail where something is wider than the window."""
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width == await page.evaluate("window.innerWidth")


async def window(page: Page, name: str) -> Locator:
    """The open window of this name, which fits."""
    shown = page.get_by_role("dialog", name=name)
    await expect(shown).to_be_visible()
    await fits(page)
    return shown
