"""Kills at random moments, many times over: every payment is made at most once.

`KILLS` is how many, `KILL_SEED` repeats a campaign; the seed is printed when one fails.
"""

import asyncio
import contextlib
import os
import random
from collections import Counter
from pathlib import Path

import aiohttp
import pytest

from bot.slack import buttons
from tests.process.scene import Scene, running_scene

KEYS = ",".join(f"k{number}" for number in range(30))
LONGEST_LIFE_S = 1.5


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_a_payment_is_made_at_most_once_whenever_the_gateway_is_killed(
    tmp_path: Path,
) -> None:
    seed = int(os.environ.get("KILL_SEED", random.randrange(1 << 32)))
    print(f"KILL_SEED={seed}")
    dice = random.Random(seed)
    async with running_scene(tmp_path) as scene:
        clicking = asyncio.create_task(_decide_everything(scene))
        try:
            for _ in range(int(os.environ.get("KILLS", "25"))):
                async with scene.gateway(keys=KEYS) as gateway:
                    await asyncio.sleep(dice.uniform(0, LONGEST_LIFE_S))
                    await gateway.kill()
                _nothing_twice(scene)
            async with scene.gateway(keys=KEYS) as last:
                said = [await last.outcome() for _ in KEYS.split(",")]
                await scene.settled()
        finally:
            clicking.cancel()
            await asyncio.gather(clicking, return_exceptions=True)
        _nothing_twice(scene)
        per_request = Counter(card.request_id for card in await scene.cards())
    assert set(said) <= {"CallAlreadyRan", "CallRejected"} | {
        f"appended paid {key}" for key in KEYS.split(",")
    }
    assert max(per_request.values()) <= 2, "at most one extra card, when killed while posting"
    assert len(scene.appended) >= said.count("CallAlreadyRan")


def _nothing_twice(scene: Scene) -> None:
    assert [line for line, times in Counter(scene.appended).items() if times > 1] == []


async def _decide_everything(scene: Scene) -> None:
    """Approve what is asked for the first time; reject what may have happened already."""
    while True:
        for card in [card for card in await scene.cards() if card.is_open]:
            with contextlib.suppress(AssertionError, TimeoutError, aiohttp.ClientError):
                if "Asked again." in card.text:
                    await scene.reject(card)
                else:
                    await scene.click(card, buttons.APPROVE)
        await asyncio.sleep(0.02)
