"""A person at the page: who they are, what they type, the cards and threads they see.

Everything is found by role and accessible name, as a person or a screen reader finds it.
"""

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from tests.programs import Program, service_pid

REQUESTER = "Alice Ito (Requester)"
APPROVER = "Bob Larsen (Approver)"
SECOND_APPROVER = "Carol Mensah (Second approver)"
GUEST = "Dana Weiss (Guest)"
EXTERNAL = "Eve Novak (External person)"
CHANNEL = "#prod-incidents"
_REQUEST = re.compile(r"Request (\w{26})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """The running demo, and the real things it acts on."""

    program: Program
    ledger: Path

    @property
    def url(self) -> str:
        return self.program.lines[0]

    def service_pid(self, name: str) -> int:
        return service_pid(self.program.pid, name, "prod")

    def payments(self) -> list[tuple[str, float, str]]:
        """Payee, amount and reference of every payment, read from the ledger's own file."""
        with closing(sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True)) as ledger:
            rows = ledger.execute(
                "SELECT payee, amount_cents, reference FROM payments ORDER BY number"
            )
            return [(payee, cents / 100, reference) for payee, cents, reference in rows]

    def paid(self, to: str) -> list[float]:
        """The amounts paid to *to*."""
        return [amount for payee, amount, _ in self.payments() if payee == to]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One request's card, found by the request's id whatever happened to it."""

    page: Page
    request_id: str

    @property
    def here(self) -> Locator:
        messages = self.page.get_by_role("list", name=f"Messages in {CHANNEL}")
        return messages.get_by_role("listitem").filter(has_text=f"Request {self.request_id}")

    def button(self, name: str) -> Locator:
        return self.here.get_by_role("button", name=name, exact=True)

    def heading(self, name: str | re.Pattern[str]) -> Locator:
        return self.here.get_by_role("heading", name=name)

    async def shows(self, *texts: str) -> None:
        for text in texts:
            await expect(self.here).to_contain_text(text)

    async def is_closed(self, heading: str) -> None:
        """It says how it ended, and nothing can be pressed any more but what explains it."""
        await expect(self.heading(heading)).to_be_visible()
        for name in ("Approve", "Reject", "Review and approve…"):
            await expect(self.button(name)).to_have_count(0)

    async def is_pending(self) -> None:
        await expect(self.button("Reject")).to_be_visible()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One tab of the page, with #prod-incidents open."""

    page: Page
    demo: Demo

    async def open(self) -> None:
        await self.page.goto(self.demo.url)
        await self.page.get_by_role("link", name=CHANNEL, exact=True).click()
        await expect(self.page.get_by_role("heading", name=CHANNEL)).to_be_visible()

    async def become(self, name: str) -> None:
        await self.page.get_by_label("You are").select_option(label=name)

    async def type(self, text: str) -> None:
        box = self.page.get_by_role("textbox", name="Message")
        await box.fill(text)
        await box.press("Enter")
        await expect(box).to_have_value("")

    async def card(self, tool: str, *texts: str) -> Card:
        """The newest pending card that asks for *tool* and shows *texts*."""
        asking = self.page.get_by_role("heading", name=f"Run {tool}?")
        found = self.page.get_by_role("listitem").filter(has=asking)
        for text in texts:
            found = found.filter(has_text=text)
        await expect(found.last).to_be_visible()
        request = _REQUEST.search(await found.last.inner_text())
        assert request is not None
        return Card(page=self.page, request_id=request[1])

    async def asked(self, command: str, tool: str, *texts: str) -> Card:
        """Type a command and wait for its card."""
        await self.type(f"/agent {command}")
        return await self.card(tool, *texts)

    async def approve(self, card: Card, *, asks_twice: bool = True) -> None:
        """Press Approve on the card, and again in the question that a high risk brings up."""
        await card.button("Approve").click()
        if asks_twice:
            sure = self.page.get_by_role("dialog", name="Run this high-risk call?")
            await sure.get_by_role("button", name="Approve").click()

    async def thread(self, asked: str) -> Locator:
        """Open the thread of the newest task with this text; returns what is said in it."""
        task = self.page.get_by_role("listitem").filter(
            has=self.page.get_by_role("blockquote").filter(has_text=asked)
        )
        await task.last.get_by_role("link", name=re.compile("repl")).click()
        return self.page.get_by_role("region", name="Thread")

    async def is_told(self, sentence: str) -> None:
        """A private sentence to the person of this tab has come."""
        private = self.page.get_by_role("listitem").filter(has_text="Only visible to you")
        await expect(private.filter(has_text=sentence).last).to_be_visible()
