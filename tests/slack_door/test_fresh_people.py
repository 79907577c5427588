"""How old an answer about people may be when somebody clicks, and what a busy Slack does to it."""

import asyncio
from dataclasses import replace
from pathlib import Path

from approvals.domain.approval_request import Status
from bot.sandbox.faults import Fault, FaultKind
from bot.slack.fresh_reads import FreshReads
from tests.slack_door.scene import BOB, CAROL, Scene, scene

GROUP = "usergroups.users.list"


def leave(stage: Scene, *members: str) -> None:
    """Make these the members of @sre."""
    (sre,) = [each for each in stage.slack.workspace.usergroups() if each.id == "S0SRE"]
    stage.slack.workspace.put_usergroup(replace(sre, members=members))


async def test_b12_where_two_have_to_approve_the_group_is_read_anew_at_each_click(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path, directory_max_age_s=30.0) as stage:
        request = await stage.ask(needs=2)
        await stage.click(CAROL, request)
        leave(stage, CAROL, "U0DANA")

        await stage.click(BOB, request)

        assert (await stage.stored(request)).is_pending
        assert stage.told(BOB)[0].startswith("You are not an approver")


async def test_where_one_is_enough_an_answer_of_some_seconds_ago_serves(tmp_path: Path) -> None:
    async with scene(tmp_path, directory_max_age_s=30.0) as stage:
        request = await stage.ask()
        asked = len(stage.slack.calls.of(GROUP))
        leave(stage, CAROL)

        await stage.click(BOB, request)

        assert (await stage.stored(request)).status is Status.APPROVED
        assert len(stage.slack.calls.of(GROUP)) == asked


async def test_a_click_reads_a_group_once_however_many_rounds_it_takes(tmp_path: Path) -> None:
    async with scene(tmp_path, directory_max_age_s=30.0) as stage:
        request = await stage.ask(needs=2)
        await stage.click(CAROL, request)
        asked = len(stage.slack.calls.of(GROUP))

        await stage.click(BOB, request)

        assert (await stage.stored(request)).status is Status.APPROVED
        assert len(stage.slack.calls.of(GROUP)) == asked + 1


async def test_a_busy_slack_keeps_the_card_open_and_tells_when_to_press_again(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path, directory_max_age_s=0.0) as stage:
        request = await stage.ask()
        await stage.slack.faults.switch_on(
            Fault(kind=FaultKind.RATE_LIMITED, method=GROUP, times=1, seconds=20)
        )

        await stage.click(BOB, request)

        assert (await stage.stored(request)).is_pending
        assert stage.told(BOB) == [
            "Slack could not say just now who is in sre. Nothing was decided. Try again in 20s."
        ]


async def test_only_a_read_that_began_after_the_question_is_fresh_and_it_is_shared() -> None:
    reads: FreshReads[int] = FreshReads(max_age_s=60)
    gates = [asyncio.Event(), asyncio.Event()]
    begun: list[int] = []

    async def read() -> int:
        number = len(begun)
        begun.append(number)
        await gates[number].wait()
        return number

    early = asyncio.create_task(reads.get("sre", read))
    await asyncio.sleep(0)
    late = [asyncio.create_task(reads.get("sre", read, fresh=True)) for _ in range(50)]
    await asyncio.sleep(0)
    gates[0].set()
    assert await early == 0
    gates[1].set()

    assert set(await asyncio.gather(*late)) == {1}
    assert begun == [0, 1]
