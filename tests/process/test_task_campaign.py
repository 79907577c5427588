"""Tasks and kills at random, decided at random: whatever happens, every task ends as it should.

`CYCLES` is how many gateways live and die, `KILL_SEED` repeats a campaign; the seed is printed when
one fails. `make campaign` runs this one. All but the last are forked off a loaded program, so that
a life costs two seconds and not ten.
"""

import asyncio
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.process import task_tools
from tests.process.crowd import Crowd
from tests.process.forks import loading
from tests.process.serving import Gateway
from tests.process.tasks import Tasks, running_tasks

POINTS = (
    task_tools.ASKED,
    task_tools.PAUSED,
    task_tools.DECIDED,
    task_tools.TAKEN_AGAIN,
    task_tools.CLAIMED,
    task_tools.IN_BODY,
    task_tools.REPORTED,
    task_tools.ENDED,
    "",
)
"""Where a kill strikes; the empty one is any moment at all."""
TASKS_MAX = 3
"""How many tasks are started in a life, at most."""
LONGEST_LIFE_S = 4.0
SOON_S = 0.05
REACHED_WITHIN_S = 6
"""A life in which the point is never reached is killed wherever it is then."""


@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_I3_I11_I12_every_task_ends_and_no_body_runs_twice_whenever_the_gateway_is_killed(
    tmp_path: Path,
) -> None:
    cycles = int(os.environ.get("CYCLES", "100"))
    seed = int(os.environ.get("KILL_SEED", random.randrange(1 << 32)))
    print(f"KILL_SEED={seed}")
    dice = random.Random(seed)
    async with loading() as forks, running_tasks(tmp_path) as tasks:
        crowd = Crowd(tasks, dice)
        deciding = asyncio.create_task(crowd.decide_everything())
        try:
            for number in range(cycles):
                point, stops = POINTS[number % len(POINTS)], dice.random() < 0.5
                print(f"life {number + 1}: {point or 'any moment'}{', stopped' * stops}")
                async with tasks.gateway(stop_at=point * stops, start=forks.start) as gateway:
                    await _live_and_die(gateway, point, crowd, dice=dice)
            async with tasks.gateway():
                await crowd.at_rest()
        finally:
            deciding.cancel()
            await asyncio.gather(deciding, return_exceptions=True)
        _assert_every_task_ended(tasks)
        _assert_no_body_ran_twice(tasks)
        _assert_every_decision_stands(tasks, crowd)
        await _assert_every_answer_is_told(tasks, kills=cycles)


async def _live_and_die(gateway: Gateway, point: str, crowd: Crowd, *, dice: random.Random) -> None:
    tasks = range(dice.randint(1, TASKS_MAX))
    starting = asyncio.gather(*(crowd.start_one() for _ in tasks))
    await _wait_for(gateway, point, dice)
    await gateway.kill()
    await starting


async def _wait_for(gateway: Gateway, point: str, dice: random.Random) -> None:
    if not point:
        await asyncio.sleep(dice.uniform(0, LONGEST_LIFE_S))
        return
    try:
        async with asyncio.timeout(REACHED_WITHIN_S):
            await gateway.reached(point)
    except TimeoutError:
        return
    await asyncio.sleep(dice.uniform(0, SOON_S))


def _assert_every_task_ended(tasks: Tasks) -> None:
    """The model and the tools never end a task badly, so no kill may."""
    assert tasks.rows("SELECT task, status, reason FROM run WHERE status <> 'succeeded'") == []
    assert tasks.rows("SELECT id FROM approval_request WHERE status = 'pending'") == []


def _assert_no_body_ran_twice(tasks: Tasks) -> None:
    """Each run of a body has an approval of its own, unless its tool was declared idempotent."""
    ran = Counter(tuple(line.split()) for line in tasks.scene.appended)
    approved = Counter(
        key for (key,) in tasks.rows("SELECT key FROM approval_request WHERE status = 'approved'")
    )
    for (tool, _, key), times in ran.items():
        assert approved[key] >= 1
        assert tool == "send" or times <= approved[key], (tool, key)
    written = {key for _, _, key in ran}
    said_done = tasks.rows(
        "SELECT key FROM approval_request JOIN permit ON request_id = id WHERE state = 'succeeded'"
    )
    assert {key for (key,) in said_done} <= written


def _assert_every_decision_stands(tasks: Tasks, crowd: Crowd) -> None:
    status = dict(tasks.rows("SELECT id, status FROM approval_request"))
    assert {status[each] for each in crowd.approved} <= {"approved"}
    assert {status[each] for each in crowd.rejected} <= {"rejected"}
    unsettled = "SELECT request_id FROM permit WHERE state = 'unknown' AND settlement IS NULL"
    assert tasks.rows(unsettled) == []


async def _assert_every_answer_is_told(tasks: Tasks, *, kills: int) -> None:
    """A kill between Slack's answer and ours may post an answer again; nothing else does."""
    again = 0
    for channel, ts, answer in tasks.rows(
        "SELECT run.channel, root_ts, answer FROM run JOIN run_thread ON run_id = id"
    ):
        told = await tasks.answers_below(channel, ts)
        assert told
        assert all(answer[:200] in each for each in told)
        again += len(told) - 1
    assert again <= kills // 10
