"""Kills at and around every point of a call, many times over: every payment is made at most once.

`KILLS` is how many, `KILL_SEED` repeats a campaign; the seed is printed when one fails.
"""

import asyncio
import contextlib
import os
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from bot.slack import buttons
from tests.process import agent
from tests.process.scene import Scene, running_scene
from tests.process.serving import Gateway

POINTS = (agent.PENDING, agent.DECIDED, agent.CLAIMED, agent.IN_BODY, agent.OUTCOME, "")
"""Where a kill strikes; the empty one is any moment at all."""
LONGEST_LIFE_S = 1.0
SOON_S = 0.02
REJECTED_WITHIN_S = 10
"""A kill after the ack of Reject leaves its form unopened; whoever waits longer decides nothing."""


@dataclass
class Approver:
    """Approves what is asked for the first time, rejects what may have happened already."""

    scene: Scene
    approved: set[str] = field(default_factory=set)
    """The requests whose approval was acknowledged."""

    async def decide_everything(self) -> None:
        while True:
            for card in [card for card in await self.scene.cards() if card.is_open]:
                with contextlib.suppress(AssertionError, TimeoutError, aiohttp.ClientError):
                    if "Asked again." in card.text:
                        await asyncio.wait_for(self.scene.reject(card), REJECTED_WITHIN_S)
                    elif (await self.scene.click(card, buttons.APPROVE))["acked"]:
                        self.approved.add(card.request_id)
            await asyncio.sleep(0.02)


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_a_payment_is_made_at_most_once_whenever_the_gateway_is_killed(
    tmp_path: Path,
) -> None:
    kills = int(os.environ.get("KILLS", "25"))
    seed = int(os.environ.get("KILL_SEED", random.randrange(1 << 32)))
    print(f"KILL_SEED={seed}")
    dice = random.Random(seed)
    async with running_scene(tmp_path) as scene:
        approver = Approver(scene)
        clicking = asyncio.create_task(approver.decide_everything())
        try:
            for number in range(kills):
                await _live_and_die(scene, number, dice)
                _assert_nothing_twice(scene)
            keys = [f"k{number}" for number in range(2 * kills + 2)]
            async with scene.gateway(keys=",".join(keys)) as last:
                said = {key: await last.outcome() for key in keys}
                await scene.settled()
        finally:
            clicking.cancel()
            await asyncio.gather(clicking, return_exceptions=True)
        _assert_nothing_twice(scene)
        _assert_every_outcome_is_true(scene, said)
        await _assert_every_card_tells(scene, approver, kills=kills)


async def _live_and_die(scene: Scene, number: int, dice: random.Random) -> None:
    """One gateway with two keys that the one before may have left, and two new ones."""
    keys = ",".join(f"k{2 * number + offset}" for offset in range(4))
    point, stops = POINTS[number % len(POINTS)], dice.random() < 0.5
    async with scene.gateway(keys=keys, stop_at=point if stops else "") as gateway:
        await _wait_for(gateway, point, dice)
        await gateway.kill()


async def _wait_for(gateway: Gateway, point: str, dice: random.Random) -> None:
    if not point:
        await asyncio.sleep(dice.uniform(0, LONGEST_LIFE_S))
        return
    await gateway.reached(point)
    await asyncio.sleep(dice.uniform(0, SOON_S))


def _assert_nothing_twice(scene: Scene) -> None:
    assert [line for line, times in Counter(scene.appended).items() if times > 1] == []


def _assert_every_outcome_is_true(scene: Scene, said: dict[str, str]) -> None:
    """Who was told that it ran can read it in the ledger; nobody is told anything else."""
    for key, outcome in said.items():
        assert outcome in {"CallAlreadyRan", "CallRejected", f"appended paid {key}"}
        assert outcome == "CallRejected" or f"paid {key}" in scene.appended


async def _assert_every_card_tells(scene: Scene, approver: Approver, *, kills: int) -> None:
    """No approval is lost, no kill posted more than one card anew, some struck a running body."""
    cards = await scene.cards()
    posted = Counter(card.request_id for card in cards)
    assert sum(posted.values()) - len(posted) <= kills
    for card in cards:
        # The first click on a second post of a card adopts it, and decides nothing.
        if card.request_id in approver.approved and posted[card.request_id] == 1:
            assert "Approved" in card.text
    assert kills < len(POINTS) or any("was interrupted" in card.text for card in cards)
