"""People who start tasks and press whatever can be pressed, while gateways come and go."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

import aiohttp

from bot.slack import buttons
from tests.process.cards import Card
from tests.process.tasks import CHANNELS, Tasks

SETTLEMENTS = (buttons.HAPPENED, buttons.AGAIN, buttons.GAVE_UP)
CALLS = (("pay",), ("note",), ("send",), ("pay", "pay"), ("pay", "note"), ("fail", "pay"))
REJECTED = 0.15
FORM_WITHIN_S = 3
"""A kill after the ack of Reject leaves its form unopened; whoever waits longer decides nothing."""
REST_WITHIN_S = 900
LOOKS_EVERY_S = 0.2
"""Every look reads whole channels, which takes the processor from the gateway."""


class Crowd:
    """Start tasks, decide what is asked, and say what became of what was interrupted."""

    def __init__(self, tasks: Tasks, dice: random.Random) -> None:
        self._tasks, self._dice, self._started = tasks, dice, 0
        self._refused: dict[str, bool] = {}
        """What is made up once for each request: people do not change their mind here."""
        self.approved: set[str] = set()
        """The requests whose approval was acknowledged."""
        self.rejected: set[str] = set()

    async def start_one(self) -> None:
        """Start a task; one that the gateway does not acknowledge may have been stored."""
        number, calls = self._started, self._dice.choice(CALLS)
        self._started += 1
        lines = " ".join(f"{tool}/t{number}-{place}" for place, tool in enumerate(calls))
        await self._tasks.command(f"run do {lines}", list(CHANNELS)[number % len(CHANNELS)])

    async def decide_everything(self) -> None:
        """Press something on every card that asks, for ever."""
        while True:
            async for channel, card in self._open_cards():
                with contextlib.suppress(AssertionError, TimeoutError, aiohttp.ClientError):
                    await self._press(channel, card)
            await asyncio.sleep(LOOKS_EVERY_S)

    async def at_rest(self) -> None:
        """Wait until every task has ended, nothing is left to be told and no card asks."""
        async with asyncio.timeout(REST_WITHIN_S):
            while await self._is_busy():
                await asyncio.sleep(0.2)

    async def _is_busy(self) -> bool:
        if self._tasks.rows("SELECT 1 FROM run WHERE ended_at IS NULL"):
            return True
        if self._tasks.rows("SELECT 1 FROM job"):
            return True
        return bool([card async for card in self._open_cards()])

    async def _open_cards(self) -> AsyncIterator[tuple[str, Card]]:
        for channel in CHANNELS:
            for card in await self._tasks.open_cards(channel):
                yield channel, card

    async def _press(self, channel: str, card: Card) -> None:
        if buttons.HAPPENED in card.buttons:
            await self._tasks.click(channel, card, self._dice.choice(SETTLEMENTS))
            return
        is_refused = self._refused.setdefault(card.request_id, self._dice.random() < REJECTED)
        if is_refused:
            async with asyncio.timeout(FORM_WITHIN_S):
                await self._tasks.reject(channel, card)
            self.rejected.add(card.request_id)
        elif (await self._tasks.click(channel, card, buttons.APPROVE))["acked"]:
            self.approved.add(card.request_id)
