"""The local Slack is killed and started again on its data: old cards are there, and they work."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.process import agent
from tests.process.scene import Scene, running_scene, running_slack

pytestmark = [pytest.mark.long, pytest.mark.timeout(180)]


async def _started_again(scene: Scene) -> str:
    """Kill the local Slack; return its port, for the next one."""
    port = urlsplit(scene.slack.setting("SLACK_BASE_URL")).port
    await scene.slack.kill()
    return str(port)


async def test_a_card_from_before_the_kill_is_decided_after_it(tmp_path: Path) -> None:
    async with running_scene(tmp_path) as scene, scene.gateway() as gateway:
        await gateway.reached(agent.PENDING)
        old = await scene.open_card("paid invoice-42")
        port = await _started_again(scene)
        async with running_slack(tmp_path, port) as scene.slack:
            assert await scene.cards() == [old]
            await scene.approve_when_connected(old)

            assert await gateway.outcome() == "appended paid invoice-42"
            await scene.card("Approved", "done")
            await scene.settled()
            assert [card.ts for card in await scene.cards()] == [old.ts]
    assert scene.appended == ["paid invoice-42"]


async def test_a_decision_whose_card_could_not_be_redrawn_is_shown_when_slack_is_back(
    tmp_path: Path,
) -> None:
    async with running_scene(tmp_path) as scene:
        async with scene.gateway(stop_at=agent.CLAIMED) as first:
            old = await scene.open_card("paid invoice-42")
            await scene.approve(old)
            await first.reached(agent.CLAIMED)
            await first.kill()
        port = await _started_again(scene)
        async with running_slack(tmp_path, port) as scene.slack, scene.gateway() as second:
            await second.reached(agent.PENDING)
            again = await scene.open_card("Asked again.")
            await scene.reject(again)
            assert await second.outcome() == "CallRejected"
            await scene.settled()
            assert [c.request_id for c in await scene.cards()] == [old.request_id, again.request_id]
    assert scene.appended == []
