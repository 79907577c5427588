"""The emergency stop while a thousand questions are open (case X10)."""

import asyncio
import random
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.gate import Gate
from approvals.operations.ports import Committed
from bot.sandbox.hands.reach import InteractionResult
from bot.slack import buttons
from tests.costs import A_SECOND, cost_of
from tests.fakes.virtual_time import in_virtual_time
from tests.storm.crowd import Crowd
from tests.storm.gateway import CHANNELS, StormGateway, a_storm_gateway
from tests.storm.truth import is_true

MANY = 1_000
FREEZER = "U0CAROL"
POSTED_WITHIN = timedelta(hours=1)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_x10_a_freeze_amid_a_thousand_questions_counts_at_once_and_every_card_tells_it(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with a_storm_gateway(tmp_path, random.Random(1)) as gateway:
            crowd = Crowd(gateway.slack, random.Random(1))
            agents = [asyncio.create_task(_asks(gateway, number)) for number in range(MANY)]
            while len(crowd.pressable) < MANY:
                await asyncio.sleep(10)
            await gateway.until_nothing_is_due(POSTED_WITHIN)

            frozen = _told_of_a_freeze(gateway)
            typed = asyncio.create_task(_types(gateway, "freeze all a bad deploy"))
            assert await cost_of(frozen) < A_SECOND
            await crowd.press_all()
            assert (await typed).acked
            await gateway.until_nothing_is_due(POSTED_WITHIN)
            contents = await gateway.contents()
            assert [each for each in contents if not each[0].request.is_pending] == []
            assert [each for each in contents if each[0].freeze is None] == []
            assert [card for each in contents for card in each if not is_true(gateway, card)] == []

            await _types(gateway, "unfreeze all")
            await gateway.until_nothing_is_due(POSTED_WITHIN)
            contents = await gateway.contents()
            assert [card for each in contents for card in each if not is_true(gateway, card)] == []
            place = next(iter(crowd.pressable))
            await gateway.slack.interactions.click(
                "U0BOB", channel=place[0], ts=place[1], action_id=buttons.APPROVE
            )
            await gateway.until_nothing_is_due(POSTED_WITHIN)
            assert place not in crowd.pressable
            for agent in agents:
                agent.cancel()
            await asyncio.wait(agents)

    in_virtual_time(scenario)


async def _asks(gateway: StormGateway, number: int) -> None:
    gate = Gate(agent="storm-bot", channel=CHANNELS[number % len(CHANNELS)])
    gate.use(gateway.gateway)

    async def tool(number: int) -> None:
        return None

    await gate.guard(name="plain_call")(tool)(number)


async def _types(gateway: StormGateway, words: str) -> InteractionResult:
    return await gateway.slack.interactions.slash_command(
        FREEZER, CHANNELS[0], f"/approvals {words}"
    )


async def _told_of_a_freeze(gateway: StormGateway) -> None:
    """Return as soon as a freeze is stored."""
    stored = asyncio.Event()

    def hear(news: Committed) -> None:
        if news.freezes:
            stored.set()

    gateway.store.on_commit(hear)
    await stored.wait()
