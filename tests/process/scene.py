"""Two processes and a person: `sayso sandbox`, `sayso serve`, and hands over HTTP."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bot.slack import buttons
from tests.process.cards import Card, card_in
from tests.process.serving import PATIENCE_S, Gateway, running_agent
from tests.programs import Program, running

BOB = "U0BOB"
CHANNEL = "C0PROD"
SLACK_SETTINGS = ("SLACK_BASE_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")
POLICY = """
version: 1
defaults: {channel: "#prod-incidents", timeout: 30m, fold: off}
people:
  oncall: {users: [U0BOB, U0CAROL]}
channels:
  "#prod-incidents":
    id: C0PROD
    approvers: [oncall]
    rules:
      - {tool: ledger_append, effect: ask}
"""


@dataclass(slots=True, kw_only=True)
class Scene:
    """The data directories, the local Slack in force, and the file that the tool appends to."""

    place: Path
    slack: Program
    http: aiohttp.ClientSession = field(repr=False)
    earlier: frozenset[str] = frozenset()
    """Timestamps of the cards that earlier scenes left in this local Slack."""

    @property
    def appended(self) -> list[str]:
        """The lines the tool's body wrote: one for each time that it ran."""
        file = self.place / "ledger.txt"
        return file.read_text("utf-8").splitlines() if file.exists() else []

    @asynccontextmanager
    async def gateway(
        self, *, stop_at: str = "", keys: str = "invoice-42"
    ) -> AsyncIterator[Gateway]:
        slack = {name: self.slack.setting(name) for name in SLACK_SETTINGS}
        async with running_agent(self.place, slack, stop_at=stop_at, keys=keys) as gateway:
            yield gateway

    async def cards(self) -> list[Card]:
        """Every card of this scene in the channel, oldest first."""
        found = [card_in(message) for message in await self.seen("messages", channel=CHANNEL)]
        return [card for card in found if card is not None and card.ts not in self.earlier]

    async def card(self, *showing: str) -> Card:
        """Wait for the newest card to show all of *showing*."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = (await self.cards())[-1:]
                if found and all(text in found[0].text for text in showing):
                    return found[0]
                await asyncio.sleep(0.02)

    async def open_card(self, *showing: str) -> Card:
        """Wait for a card that can be decided."""
        async with asyncio.timeout(PATIENCE_S):
            while not (card := await self.card(*showing)).is_open:
                await asyncio.sleep(0.02)
            return card

    async def is_stored(self, card: Card) -> None:
        """Wait until the gateway has stored where Slack put *card*."""
        path = f"file:{self.place / 'gateway' / 'sayso.db'}?mode=ro"
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with contextlib.closing(sqlite3.connect(path, uri=True)) as database:
                    found = database.execute("SELECT 1 FROM card WHERE ts = ?", (card.ts,))
                    if found.fetchone():
                        return
                await asyncio.sleep(0.02)

    async def card_after(self, earlier: Card) -> Card:
        """Wait for a card newer than *earlier*."""
        async with asyncio.timeout(PATIENCE_S):
            while (card := await self.card()).ts == earlier.ts:
                await asyncio.sleep(0.02)
            return card

    async def switch_on(self, fault: dict[str, Any]) -> None:
        """Let Slack go wrong in this way."""
        async with self.http.post(f"{self._page}sandbox/faults", json=fault) as answer:
            assert answer.status == 200

    async def settled(self) -> None:
        """Wait until no card can be decided any more."""
        async with asyncio.timeout(PATIENCE_S):
            while any(card.is_open for card in await self.cards()):
                await asyncio.sleep(0.02)

    async def approve_all(self) -> None:
        """Press Approve on whatever can still be decided, until nothing can."""
        async with asyncio.timeout(PATIENCE_S):
            while waiting := [card for card in await self.cards() if card.is_open]:
                for card in waiting:
                    await self.click(card, buttons.APPROVE)
                await asyncio.sleep(0.05)

    async def click(self, card: Card, button: str) -> dict[str, Any]:
        """Press a button as the approver; the answer says whether the app acknowledged it."""
        return await self.act("click", channel=CHANNEL, ts=card.ts, action_id=button)

    async def approve(self, card: Card) -> None:
        result = await self.click(card, buttons.APPROVE)
        assert result["acked"], result

    async def approve_when_connected(self, card: Card) -> None:
        """Press Approve until the app, which has to find its way back, acknowledges it."""
        async with asyncio.timeout(PATIENCE_S):
            while not (await self.click(card, buttons.APPROVE))["acked"]:
                await asyncio.sleep(0.1)

    async def reject(self, card: Card) -> None:
        """Press Reject and send the form without a reason."""
        result = await self.click(card, buttons.REJECT)
        assert result["acked"], result
        async with asyncio.timeout(PATIENCE_S):
            while not (views := await self.seen("views", person=BOB)):
                await asyncio.sleep(0.02)
        result = await self.act("submit_view", view_id=views[-1]["id"])
        assert result["acked"], result

    async def act(self, do: str, **described: str) -> dict[str, Any]:
        """Do something in the local Slack, as the approver if nobody else is named."""
        act = {"do": do, "person_id": BOB, **described}
        async with self.http.post(f"{self._page}sandbox/hands", json=act) as answer:
            told = await answer.json()
            assert told["ok"], told
            return dict(told["result"])

    async def seen(self, what: str, **where: str) -> list[dict[str, Any]]:
        """Look at what stands somewhere in the local Slack."""
        async with self.http.get(f"{self._page}sandbox/{what}", params=where) as answer:
            return list(await answer.json())

    @property
    def _page(self) -> str:
        return self.slack.setting("SLACK_BASE_URL").removesuffix("api/")


@asynccontextmanager
async def running_slack(place: Path, port: str = "0") -> AsyncIterator[Program]:
    command = ("sandbox", "--port", port, "--data", str(place / "slack"))
    async with running(*command, up="SLACK_APP_ID=") as slack:
        yield slack


@asynccontextmanager
async def running_scene(place: Path, slack: Program | None = None) -> AsyncIterator[Scene]:
    """A scene in the directory *place*; on a local Slack of its own when none is given."""
    (place / "policy.yml").write_text(POLICY, "utf-8")
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        if slack is None:
            slack = await stack.enter_async_context(running_slack(place))
        scene = Scene(place=place, slack=slack, http=http)
        scene.earlier = frozenset([card.ts for card in await scene.cards()])
        yield scene
