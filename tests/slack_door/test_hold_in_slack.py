"""`hold` in Slack: Stop decides at once, further clicks are told, nothing runs before its time."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.domain.approval_request import ApprovalRequest, Status
from approvals.domain.terms import HOLD
from approvals.operations.send_follow_ups import send_follow_ups
from approvals.storage.policy_reader import read_policy
from bot.slack import buttons
from tests.cards.builders import shown
from tests.slack_door.scene import BOB, CAROL, POLICY, Scene, scene

HELD = POLICY.replace("usergroups: [S0SRE]", "usergroup: S0SRE").replace(
    "effect: ask", "effect: ask, hold: 10s"
)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(tmp_path) as opened:
        opened.set_policy(read_policy(HELD.encode()))
        yield opened


async def held(stage: Scene) -> ApprovalRequest:
    request = await stage.ask()
    assert request.requirement.terms[HOLD] == timedelta(seconds=10)
    await stage.click(BOB, request)
    return request


async def test_stop_rejects_at_once_and_by_name(stage: Scene) -> None:
    request = await held(stage)
    assert (await stage.headline(request)).startswith("⏸ Approved, on hold")

    await stage.click(CAROL, request, buttons.STOP)

    ended = await stage.stored(request)
    assert (ended.status, ended.ended_by) == (Status.REJECTED, CAROL)
    assert "Rejected" in await stage.headline(request)


async def test_the_approval_of_somebody_else_is_told_when_it_runs(stage: Scene) -> None:
    request = await held(stage)

    # Pressed on a card that was drawn before it was held.
    await stage.send(await stage.payload(CAROL, request))

    assert "This is already approved. It runs" in stage.told(CAROL)[-1]
    assert (await stage.stored(request)).is_pending


async def test_it_is_approved_when_the_hold_has_passed(stage: Scene) -> None:
    request = await held(stage)
    stage.clock.advance(timedelta(seconds=10))
    await send_follow_ups(stage.desk)
    await stage.settle()

    assert (await stage.stored(request)).status is Status.APPROVED
    assert "Stop" not in shown((await stage.message(request)).blocks)
