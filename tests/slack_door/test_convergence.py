"""Cards and rows agree again on a real connection: deleted cards, archived channels, lost lines."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from approvals.domain.approval_request import ApprovalRequest, Status
from approvals.domain.upkeep import LOOK_EVERY
from approvals.operations.reconcile import reconcile
from approvals.operations.send_follow_ups import send_follow_ups
from bot.convergence import Presence
from bot.sandbox.faults import Fault, FaultKind
from tests.cards.builders import shown
from tests.slack_door.scene import BOB, PROD, Scene, scene
from tests.slack_door.test_socket import until


async def sweep(stage: Scene) -> None:
    """Compare every card with the local Slack, and repair."""
    until_then = stage.clock.now() + LOOK_EVERY + timedelta(seconds=1)
    await reconcile(stage.desk, stage.door.messenger, until=until_then)
    await stage.deliver()


def cards_shown(stage: Scene) -> int:
    return len(stage.slack.workspace.messages(PROD))


async def delete(stage: Scene, request: ApprovalRequest) -> None:
    stage.slack.workspace.log.remove(await stage.message(request))


def archive(stage: Scene, *, is_archived: bool) -> None:
    channel = stage.slack.workspace.channel(PROD)
    assert channel is not None
    stage.slack.workspace.put_channel(replace(channel, is_archived=is_archived))


async def test_e13_a_card_deleted_by_a_person_comes_back_and_decides(stage: Scene) -> None:
    request = await stage.ask()
    await delete(stage, request)
    before = cards_shown(stage)

    await sweep(stage)

    assert (before, cards_shown(stage)) == (0, 1)
    await stage.click(BOB, request)
    assert (await stage.stored(request)).status is Status.APPROVED
    assert (await stage.headline(request)).startswith("✅ Approved")


async def test_e13_a_card_deleted_after_its_end_stays_away(stage: Scene) -> None:
    request = await stage.ask()
    await stage.click(BOB, request)
    await delete(stage, request)

    await sweep(stage)

    assert cards_shown(stage) == 0


async def test_e13_the_card_of_an_archived_channel_tells_how_it_ended_once_that_is_back(
    stage: Scene,
) -> None:
    request = await stage.ask()
    archive(stage, is_archived=True)
    stage.clock.advance(timedelta(minutes=16))
    await send_follow_ups(stage.desk)
    await stage.deliver()
    stale = await stage.headline(request)

    archive(stage, is_archived=False)
    await sweep(stage)

    assert (await stage.stored(request)).status is Status.TIMED_OUT
    assert stale.endswith("?")
    assert (await stage.headline(request)).startswith("⌛ Timed out")


async def test_a_card_whose_connection_was_gone_for_a_while_says_so(tmp_path: Path) -> None:
    async with scene(tmp_path, ping_every_s=0.2) as stage:
        request = await stage.ask()
        presence = Presence(
            stage.desk, silence=lambda: stage.door.health.silence, on_absence=lambda: None
        )
        await presence.beat()
        await stage.slack.faults.switch_on(
            Fault(kind=FaultKind.ERROR, method="apps.connections.open", times=None)
        )
        await stage.slack.faults.switch_on(Fault(kind=FaultKind.SOCKET_DROP))
        await until(lambda: not stage.door.health.is_connected)
        await presence.beat()
        stage.clock.advance(timedelta(seconds=40))
        stage.slack.faults.clear()
        await until(lambda: stage.door.health.is_connected)

        await presence.beat()
        await sweep(stage)

        said = shown((await stage.message(request)).blocks)
        assert "⚠ Sayso was away" in said
        assert "A click made then is lost: click again." in said
        await stage.click(BOB, request)
        assert (await stage.headline(request)).startswith("✅ Approved")
        assert "away" not in shown((await stage.message(request)).blocks)
