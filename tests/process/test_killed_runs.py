"""Agent tasks whose gateway is killed at one kill, each at a boundary of its own.

Seven tasks stand where the kill finds them: bodies under way (asked, allowed by a rule, declared
idempotent, beside a decided call, beside one that failed) and pauses. The gateway is started again
once; each test brings one task to its end. A file that the tools write tells which bodies ran.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import cycle

import pytest
import pytest_asyncio

from bot.slack import buttons
from tests.process import task_tools
from tests.process.task_tools import FAILURE
from tests.process.tasks import CHANNELS, Task, Tasks, running_tasks

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(180),
    pytest.mark.xdist_group("killed_runs"),
    pytest.mark.asyncio(loop_scope="module"),
]
IN_BODIES = ("held-happened", "held-again", "held-gave-up")


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """What the kill left, after the gateway has been started again."""

    tasks: Tasks
    started: dict[str, Task]
    """By the first line of each."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def killed(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Killed]:
    async with running_tasks(tmp_path_factory.mktemp("killed")) as tasks:
        async with tasks.gateway(stop_at=task_tools.HELD) as first:
            started = await _all_started(tasks)
            await first.kill()
        async with tasks.gateway():
            yield Killed(tasks=tasks, started=started)


async def _all_started(tasks: Tasks) -> dict[str, Task]:
    """Start every task and wait until each stands at its boundary."""
    texts = {
        **{line: f"do pay/{line}" for line in IN_BODIES},
        "held-idempotent": "do send/held-idempotent",
        "held-allowed": "do note/held-allowed pay/beside-body",
        "fails": "do fail/fails pay/held-beside-failure",
        "decided-early": "do pay/decided-early pay/decided-late",
    }
    started = {
        line: await tasks.start(text, place)
        for (line, text), place in zip(texts.items(), cycle(CHANNELS), strict=False)
    }
    for line in (*IN_BODIES, "held-idempotent", "fails"):
        await tasks.approve(started[line], f'"{line}"')
    await tasks.approve(started["fails"], '"held-beside-failure"')
    await tasks.approve(started["held-allowed"], '"beside-body"')
    await tasks.approve(started["decided-early"], '"decided-early"')
    await tasks.card(started["decided-early"], '"decided-late"')
    bodies = [*IN_BODIES, "held-idempotent", "held-allowed", "held-beside-failure"]
    await tasks.all_ran(*bodies, "fails", "decided-early")
    await tasks.card(started["fails"], "failed", '"fails"', button="")
    return started


async def test_F2_what_a_person_saw_happen_is_told_so_and_not_run_again(killed: Killed) -> None:
    task = killed.started["held-happened"]
    await killed.tasks.settle(task, "held-happened", buttons.HAPPENED)
    told = await killed.tasks.ended(task)

    assert "it did happen" in told
    assert killed.tasks.ran("held-happened") == 1


async def test_F2_what_a_person_gives_up_stays_unknown_and_is_not_run_again(
    killed: Killed,
) -> None:
    task = killed.started["held-gave-up"]
    await killed.tasks.settle(task, "held-gave-up", buttons.GAVE_UP)
    told = await killed.tasks.ended(task)

    assert "may or may not have happened" in told
    assert killed.tasks.ran("held-gave-up") == 1


async def test_F2_I3_what_a_person_wants_again_runs_only_with_an_approval_of_its_own(
    killed: Killed,
) -> None:
    task = killed.started["held-again"]
    await killed.tasks.settle(task, "held-again", buttons.AGAIN)
    again = await killed.tasks.card(task, "Asked again.", "held-again")
    before = killed.tasks.ran("held-again")
    await killed.tasks.press(task, again, buttons.APPROVE)
    told = await killed.tasks.ended(task)

    assert before == 1
    assert "pay held-again is done" in told
    assert killed.tasks.ran("held-again") == 2


async def test_F2_an_idempotent_body_runs_again_with_its_key_and_nobody_is_asked(
    killed: Killed,
) -> None:
    told = await killed.tasks.ended(killed.started["held-idempotent"])

    assert "send held-idempotent is done" in told
    first, second = killed.tasks.lines("held-idempotent")
    assert first == second


async def test_I12_a_decision_made_beside_a_body_that_was_killed_is_acted_on_once(
    killed: Killed,
) -> None:
    task = killed.started["held-allowed"]
    await killed.tasks.settle(task, "held-allowed", buttons.HAPPENED)
    told = await killed.tasks.ended(task)

    assert "it did happen" in told
    assert "pay beside-body is done" in told
    assert killed.tasks.ran("held-allowed") == 1
    assert killed.tasks.ran("beside-body") == 1


async def test_I3_a_body_that_failed_beside_one_that_was_killed_is_not_run_again(
    killed: Killed,
) -> None:
    task = killed.started["fails"]
    await killed.tasks.settle(task, "held-beside-failure", buttons.HAPPENED)
    told = await killed.tasks.ended(task)

    assert FAILURE in told
    assert "it did happen" in told
    assert killed.tasks.ran("fails") == 1
    assert killed.tasks.ran("held-beside-failure") == 1


async def test_C10_what_ran_before_its_sibling_was_decided_is_not_run_with_it(
    killed: Killed,
) -> None:
    task = killed.started["decided-early"]
    await killed.tasks.approve(task, '"decided-late"')
    told = await killed.tasks.ended(task)

    assert "pay decided-early is done" in told
    assert "pay decided-late is done" in told
    assert killed.tasks.ran("decided-early") == 1
    assert killed.tasks.ran("decided-late") == 1
