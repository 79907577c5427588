"""Fifty tasks wait for people when the gateway is killed; fifty go on when they are approved."""

import asyncio
from pathlib import Path

import pytest

from bot.slack import buttons
from tests.process.tasks import CHANNELS, Tasks, running_tasks

RUNS = 50
ALL_WITHIN_S = 240


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_I3_I12_of_fifty_paused_runs_fifty_end_after_a_kill_and_none_runs_twice(
    tmp_path: Path,
) -> None:
    async with running_tasks(tmp_path) as tasks:
        async with tasks.gateway() as first:
            for number in range(RUNS):
                channel = list(CHANNELS)[number % len(CHANNELS)]
                assert (await tasks.command(f"run do pay/one-{number}", channel))["acked"]
            await _all(tasks, "paused")
            await first.kill()
        assert tasks.scene.appended == []
        async with tasks.gateway():
            approving = asyncio.create_task(_approve_all(tasks))
            await _all(tasks, "succeeded")
            approving.cancel()
            await asyncio.wait({approving})

    assert sorted(line.split()[1] for line in tasks.scene.appended) == sorted(
        f"one-{number}" for number in range(RUNS)
    )


async def _all(tasks: Tasks, status: str) -> None:
    async with asyncio.timeout(ALL_WITHIN_S):
        while tasks.rows(f"SELECT count(*) FROM run WHERE status = '{status}'") != [(RUNS,)]:
            await asyncio.sleep(0.2)


async def _approve_all(tasks: Tasks) -> None:
    while True:
        for channel in CHANNELS:
            for card in await tasks.open_cards(channel):
                if buttons.APPROVE in card.buttons:
                    await tasks.click(channel, card, buttons.APPROVE)
        await asyncio.sleep(0.2)
