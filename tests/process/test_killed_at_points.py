"""Agent tasks whose gateway is stopped dead at a point of theirs and killed there.

Each point is announced on a pipe from inside the process, which goes no further: what was stored
up to then is all that the next gateway finds.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.slack import buttons
from tests.process import task_tools
from tests.process.scene import running_slack
from tests.process.tasks import Tasks, running_tasks
from tests.programs import Program

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(180),
    pytest.mark.xdist_group("killed_at_points"),
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def slack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Program]:
    """One local Slack, which outlives every gateway that is killed here."""
    async with running_slack(tmp_path_factory.mktemp("slack")) as program:
        yield program


@pytest_asyncio.fixture(loop_scope="module")
async def tasks(slack: Program, tmp_path: Path) -> AsyncIterator[Tasks]:
    async with running_tasks(tmp_path, slack) as opened:
        yield opened


async def test_I12_F3_killed_after_the_decision_and_again_after_the_body_it_ends_with_one_run(
    tasks: Tasks,
) -> None:
    async with tasks.gateway(stop_at=task_tools.DECIDED) as first:
        task = await tasks.start("do pay/decided")
        card = await tasks.card(task, '"decided"')
        clicking = asyncio.create_task(tasks.press(task, card, buttons.APPROVE))
        await first.reached(task_tools.DECIDED)
        await first.kill()
    assert not (await clicking)["acked"]
    assert tasks.ran("decided") == 0

    async with tasks.gateway(stop_at=task_tools.REPORTED) as second:
        await second.reached(task_tools.REPORTED)
        await second.kill()
    assert tasks.ran("decided") == 1

    async with tasks.gateway():
        told = await tasks.ended(task)
    assert "already ran" in told
    assert "pay decided is done" in told
    assert tasks.ran("decided") == 1


async def test_killed_before_the_pause_is_stored_the_same_question_is_put_once(
    tasks: Tasks,
) -> None:
    task = await tasks.killed_at(task_tools.ASKED, "asked")
    async with tasks.gateway():
        await tasks.approve(task, '"asked"')
        told = await tasks.ended(task)

    assert "pay asked is done" in told
    assert [card.is_open for card in await tasks.cards(task) if '"asked"' in card.text] == [False]
    assert tasks.ran("asked") == 1


async def test_killed_once_the_pause_is_stored_the_old_card_lets_the_run_go_on(
    tasks: Tasks,
) -> None:
    task = await tasks.killed_at(task_tools.PAUSED, "paused")
    async with tasks.gateway():
        await tasks.approve_until_it_runs(task, "paused")
        told = await tasks.ended(task)

    assert "pay paused is done" in told
    assert tasks.ran("paused") == 1


async def test_killed_as_the_run_is_taken_again_the_lease_of_the_dead_binds_nobody(
    tasks: Tasks,
) -> None:
    task = await tasks.killed_at(task_tools.TAKEN_AGAIN, "taken", asks=True)
    assert tasks.rows(f"SELECT status FROM run WHERE task LIKE '%{task.text}%'") == [("running",)]

    async with tasks.gateway():
        assert "pay taken is done" in await tasks.ended(task)
    assert tasks.ran("taken") == 1


async def test_F2_killed_after_the_claim_a_person_is_asked_although_no_body_ran(
    tasks: Tasks,
) -> None:
    task = await tasks.killed_at(task_tools.CLAIMED, "claimed", asks=True)
    assert tasks.ran("claimed") == 0

    async with tasks.gateway():
        await tasks.settle(task, '"claimed"', buttons.AGAIN)
        await tasks.approve(task, "Asked again.", '"claimed"')
        told = await tasks.ended(task)
    assert "pay claimed is done" in told
    assert tasks.ran("claimed") == 1


async def test_killed_before_the_answer_is_posted_it_is_posted_once(tasks: Tasks) -> None:
    task = await tasks.killed_at(task_tools.ENDED, "ended", tool="note")
    assert await tasks.answers(task) == []

    async with tasks.gateway():
        assert "note ended is done" in await tasks.ended(task)
    assert tasks.ran("ended") == 1


async def test_F2_killed_twice_in_the_same_call_it_is_asked_about_each_time(
    tasks: Tasks,
) -> None:
    async with tasks.gateway(stop_at=task_tools.HELD) as first:
        task = await tasks.start("do pay/held-twice")
        await tasks.approve(task, "held-twice")
        await tasks.all_ran("held-twice")
        await first.kill()
    async with tasks.gateway(stop_at=task_tools.HELD) as second:
        await tasks.settle(task, "held-twice", buttons.AGAIN)
        await tasks.approve(task, "Asked again.", "held-twice")
        async with asyncio.timeout(60):
            while tasks.ran("held-twice") < 2:
                await asyncio.sleep(0.02)
        await second.kill()
    async with tasks.gateway():
        await tasks.settle(task, "Asked again.", buttons.GAVE_UP)
        assert "may or may not have happened" in await tasks.ended(task)
    assert tasks.ran("held-twice") == 2


async def test_F20_a_task_cancelled_after_the_kill_lets_no_later_approval_run_anything(
    tasks: Tasks,
) -> None:
    async with tasks.gateway() as first:
        task = await tasks.start("do pay/cancelled")
        card = await tasks.card(task, '"cancelled"')
        await first.kill()
    async with tasks.gateway():
        await tasks.cancel(task)
        await tasks.press(task, card, buttons.APPROVE)
        await tasks.card(task, '"cancelled"', button="")
    async with tasks.gateway():
        root = await tasks.root(task)

    assert "Cancelled" in root
    assert await tasks.answers(task) == []
    assert tasks.ran("cancelled") == 0
