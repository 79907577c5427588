"""The gateway is killed while it waits, decides, claims and runs; nothing is lost or done twice.

Cases F1 to F4: the points are announced on a pipe by the agent inside the killed process.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.process import agent
from tests.process.cards import Card
from tests.process.scene import Scene, running_scene, running_slack
from tests.programs import Program

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.xdist_group("killed_gateway"),
    pytest.mark.asyncio(loop_scope="module"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def slack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Program]:
    """One local Slack, which outlives every gateway that is killed here."""
    async with running_slack(tmp_path_factory.mktemp("slack")) as program:
        yield program


@pytest_asyncio.fixture(loop_scope="module")
async def scene(slack: Program, tmp_path: Path) -> AsyncIterator[Scene]:
    async with running_scene(tmp_path, slack) as opened:
        yield opened


async def _ends_well(scene: Scene, *requests: Card) -> None:
    """Each of these requests has one card, and none of them can be decided any more."""
    cards = await scene.cards()
    assert [card.request_id for card in cards] == [card.request_id for card in requests]
    assert not any(card.is_open for card in cards)


@pytest.mark.long
async def test_killed_while_pending_the_old_card_answers_the_caller_that_came_back(
    scene: Scene,
) -> None:
    async with scene.gateway() as first:
        await first.reached(agent.PENDING)
        old = await scene.open_card("paid invoice-42")
        await scene.is_stored(old)
        await first.kill()
    assert not (await scene.click(old, "sayso:approve"))["acked"]

    async with scene.gateway() as second:
        await second.reached(agent.PENDING)
        await scene.approve(old)
        assert await second.outcome() == "appended paid invoice-42"
        await scene.card("Approved", "done")

    assert scene.appended == ["paid invoice-42"]
    await _ends_well(scene, old)


async def test_F1_killed_between_decision_and_claim_it_runs_once_without_another_click(
    scene: Scene,
) -> None:
    async with scene.gateway(stop_at=agent.DECIDED) as first:
        old = await scene.open_card("paid invoice-42")
        clicking = asyncio.create_task(scene.click(old, "sayso:approve"))
        await first.reached(agent.DECIDED)
        await first.kill()
    assert scene.appended == []

    async with scene.gateway() as second:
        assert await second.outcome() == "appended paid invoice-42"
        await scene.card("Approved", "done")

    assert not (await clicking)["acked"]
    assert scene.appended == ["paid invoice-42"]
    await _ends_well(scene, old)


@pytest.mark.long
async def test_F2_killed_after_the_claim_a_person_is_asked_again_before_it_runs(
    scene: Scene,
) -> None:
    async with scene.gateway(stop_at=agent.CLAIMED) as first:
        old = await scene.open_card("paid invoice-42")
        await scene.approve(old)
        await first.reached(agent.CLAIMED)
        await first.kill()
    assert scene.appended == []

    async with scene.gateway() as second:
        await second.reached(agent.PENDING)
        again = await scene.open_card("Asked again.", "was interrupted", "paid invoice-42")
        assert again.request_id != old.request_id
        assert scene.appended == []
        await scene.approve(again)
        assert await second.outcome() == "appended paid invoice-42"
        await scene.card("Approved", "done")

    assert scene.appended == ["paid invoice-42"]
    await _ends_well(scene, old, again)


@pytest.mark.long
async def test_F3_killed_in_the_body_a_rejection_keeps_it_at_the_one_time_it_ran(
    scene: Scene,
) -> None:
    async with scene.gateway(stop_at=agent.IN_BODY) as first:
        old = await scene.open_card("paid invoice-42")
        await scene.approve(old)
        await first.reached(agent.IN_BODY)
        await first.kill()
    assert scene.appended == ["paid invoice-42"]

    async with scene.gateway() as second:
        await second.reached(agent.PENDING)
        again = await scene.open_card("Asked again.", "was interrupted", "paid invoice-42")
        interrupted = next(c for c in await scene.cards() if c.request_id == old.request_id)
        assert "may or may not have run" in interrupted.text
        await scene.reject(again)
        assert await second.outcome() == "CallRejected"
        await scene.card("Rejected", "did not run")

    async with scene.gateway() as third:
        assert await third.outcome() == "CallRejected"
    assert scene.appended == ["paid invoice-42"]
    await _ends_well(scene, old, again)


@pytest.mark.long
async def test_what_ran_to_its_end_is_never_run_again_after_a_kill(scene: Scene) -> None:
    async with scene.gateway() as first:
        old = await scene.open_card("paid invoice-42")
        await scene.approve(old)
        assert await first.outcome() == "appended paid invoice-42"
        await first.kill()

    async with scene.gateway() as second:
        assert await second.outcome() == "CallAlreadyRan"
        await scene.card("Approved", "done")

    assert scene.appended == ["paid invoice-42"]
    await _ends_well(scene, old)


@pytest.mark.long
async def test_F4_killed_before_the_cards_address_is_stored_both_cards_are_closed_and_one_counts(
    scene: Scene,
) -> None:
    await scene.switch_on({"kind": "slow_reply", "method": "chat.postMessage", "seconds": 90})
    async with scene.gateway() as first:
        lost = await scene.open_card("paid invoice-42")
        await first.kill()

    async with scene.gateway() as second:
        await second.reached(agent.PENDING)
        known = await scene.card_after(lost)
        assert known.request_id == lost.request_id
        await scene.approve_all()
        assert await second.outcome() == "appended paid invoice-42"
        await scene.card("Approved", "done")

    assert scene.appended == ["paid invoice-42"]
    await _ends_well(scene, lost, known)
