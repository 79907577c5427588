"""Slash commands: a task starts once, in a thread that says who asked; everything else explains."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from approvals.domain.errors import ChannelNotAllowed
from bot.agents.thread import TaskThread
from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.seed import default_seed
from bot.slack.commands import TaskStart
from tests.slack_door.scene import ALICE, DANA, PROD, Scene, scene


@pytest.fixture
def started() -> list[TaskStart]:
    return []


@pytest.fixture
async def stage(tmp_path: Path, started: list[TaskStart]) -> AsyncIterator[Scene]:
    async def start(task: TaskStart) -> None:
        if task.text == "refuse":
            raise ChannelNotAllowed("Not <here>.")
        if task.text == "break":
            raise RuntimeError("a mistake of ours")
        started.append(task)

    async with scene(tmp_path, start_task=start) as opened:
        yield opened


async def type_in(stage: Scene, text: str, person: str = ALICE) -> bool:
    result = await stage.slack.interactions.slash_command(person, PROD, text)
    await stage.door.errands.settled()
    return result.acked


async def test_a_task_is_told_in_a_thread_that_says_who_asked(
    stage: Scene, started: list[TaskStart]
) -> None:
    assert await type_in(stage, "/agent restart checkout <!channel> & more")

    (task,) = started
    assert (task.user, task.channel, task.team) == (ALICE, PROD, stage.slack.team_id)
    assert task.text == "restart checkout <!channel> & more"
    thread: TaskThread = task.thread
    await thread.step("Running <!here>")
    await thread.answer("It is *restarted*\u202e :white_check_mark:")
    (root,) = stage.slack.workspace.messages(PROD)
    assert root.text.startswith("<@U0ALICE> asked:\n> restart checkout")
    told = [each.text for each in stage.slack.workspace.messages(PROD, thread_ts=root.ts)[1:]]
    assert told == [
        "Running &lt;!here&gt;",
        "It is *restarted*⟦U+202E⟧ :white_check_mark:",
    ]
    answer = stage.slack.workspace.messages(PROD, thread_ts=root.ts)[-1]
    (block,) = answer.blocks
    assert block["elements"][0]["elements"] == [
        {"type": "text", "text": "It is *restarted*⟦U+202E⟧ :white_check_mark:"}
    ]
    assert "<!" not in "".join(each.text for each in stage.slack.workspace.messages(PROD))


async def test_e8_the_same_command_delivered_twice_starts_one_task(
    stage: Scene, started: list[TaskStart]
) -> None:
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.DUPLICATE_DELIVERY, method="slash_commands")
    )

    assert await type_in(stage, "/agent restart checkout")
    await asyncio.sleep(0.1)
    await stage.door.errands.settled()

    assert len(started) == 1


async def test_a_command_without_words_explains_itself(
    stage: Scene, started: list[TaskStart]
) -> None:
    assert await type_in(stage, "/agent   ")

    assert "/agent restart the checkout service" in stage.told(ALICE)[0]
    assert started == []


async def test_what_refuses_a_task_is_told_privately_and_nothing_is_posted(
    stage: Scene, started: list[TaskStart]
) -> None:
    assert await type_in(stage, "/agent refuse")

    assert stage.told(ALICE) == ["Nothing was started: Not &lt;here&gt;."]
    assert stage.slack.workspace.messages(PROD) == []


async def test_e6_a_task_that_cannot_be_started_is_told_with_an_id(stage: Scene) -> None:
    assert await type_in(stage, "/agent break")

    (sentence,) = stage.told(ALICE)
    assert "error `" in sentence
    assert "a mistake of ours" not in sentence


async def test_a_guest_starts_nothing(stage: Scene, started: list[TaskStart]) -> None:
    assert await type_in(stage, "/agent restart checkout", DANA)

    assert stage.told(DANA) == [
        "Only full members of this workspace may start a task, so nothing was started."
    ]
    assert started == []


async def test_who_cannot_be_looked_up_starts_nothing(
    stage: Scene, started: list[TaskStart]
) -> None:
    await stage.slack.faults.switch_on(Fault(kind=FaultKind.SERVER_ERROR, method="users.info"))

    assert await type_in(stage, "/agent restart checkout")

    assert "could not confirm who you are" in stage.told(ALICE)[0]
    assert started == []


async def test_approvals_explains_how_it_works_here(stage: Scene) -> None:
    assert await type_in(stage, "/approvals help")

    assert "Approve" in stage.told(ALICE)[0]


async def test_an_unknown_command_is_answered(tmp_path: Path) -> None:
    seed = replace(default_seed(), commands=("/agent", "/rollback"))
    async with scene(tmp_path, seed=seed) as stage:
        assert await type_in(stage, "/rollback checkout")

        assert stage.told(ALICE)[0].startswith("This command is not known")


async def test_without_an_agent_the_command_says_so(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage:
        assert await type_in(stage, "/agent do it")

        assert stage.told(ALICE) == ["No agent is set up here, so nothing was started."]
