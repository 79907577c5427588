"""People in a storm: they look at the channels and press what can be pressed, and press again."""

import asyncio
import random

from bot.sandbox.nouns import Change, ChangeKind, Message
from bot.sandbox.server import LocalSlack
from bot.slack import buttons

APPROVERS = ("U0BOB", "U0CAROL")
BYSTANDERS = ("U0ALICE", "U0DANA")
Place = tuple[str, str]


class Crowd:
    """Those who look at the local Slack; they know nothing but what it shows."""

    def __init__(self, slack: LocalSlack, dice: random.Random) -> None:
        self._slack = slack
        self._dice = dice
        self._stop = slack.workspace.subscribe(self._see)
        self.pressable: dict[Place, None] = {}
        """The messages that still have an Approve button, oldest first."""
        self.unacknowledged = 0

    async def press_for_ever(self, every_s: float) -> None:
        """One person after another presses something, at random moments."""
        while True:
            await asyncio.sleep(self._dice.expovariate(1 / every_s))
            if self.pressable:
                await self._press(self._dice.choice(list(self.pressable)))

    async def press_all(self) -> None:
        """Press Approve once on everything that can be pressed."""
        for channel, ts in list(self.pressable):
            await self._click(self._dice.choice(APPROVERS), channel, ts, buttons.APPROVE)

    async def _press(self, place: Place) -> None:
        roll, (channel, ts) = self._dice.random(), place
        if roll < 0.05:
            await self._click(self._dice.choice(BYSTANDERS), channel, ts, buttons.APPROVE)
        elif roll < 0.15:
            race = (self._click(person, channel, ts, buttons.APPROVE) for person in APPROVERS)
            await asyncio.gather(*race)
        elif roll < 0.3:
            await self._reject(self._dice.choice(APPROVERS), channel, ts)
        else:
            await self._click(self._dice.choice(APPROVERS), channel, ts, buttons.APPROVE)

    async def _click(self, person: str, channel: str, ts: str, action_id: str) -> None:
        result = await self._slack.interactions.click(
            person, channel=channel, ts=ts, action_id=action_id
        )
        self.unacknowledged += not result.acked

    async def _reject(self, person: str, channel: str, ts: str) -> None:
        await self._click(person, channel, ts, buttons.REJECT)
        await asyncio.sleep(2)
        for window in reversed(self._slack.workspace.view_stack(person)):
            result = await self._slack.interactions.submit_view(person, window.id)
            self.unacknowledged += not result.acked
            if not result.acked or result.errors:
                await self._slack.interactions.close_view(person, window.id)

    def _see(self, change: Change) -> None:
        if change.kind is not ChangeKind.MESSAGE or change.ts is None:
            return
        place = (change.channel_id or "", change.ts)
        message = self._slack.workspace.message(*place)
        if message is not None and buttons.APPROVE in pressable_in(message):
            self.pressable[place] = None
        else:
            self.pressable.pop(place, None)


def pressable_in(message: Message) -> list[str]:
    """The action ids of the message's buttons."""
    actions = (block for block in message.blocks if block["type"] == "actions")
    return [element["action_id"] for block in actions for element in block["elements"]]
