"""A channel that takes no cards any more is said where people see it, and so is a refused token."""

import logging
from dataclasses import replace

import pytest

from approvals.domain.approval_request import Cause
from approvals.domain.ids import ChannelId
from bot.sandbox.faults import Fault, FaultKind
from tests.slack_door.scene import PROD, SAYSO, Scene
from tests.slack_door.test_convergence import archive

OTHER = ChannelId("C0APPROVALS")


def leave(stage: Scene, channel_id: str = PROD) -> None:
    channel = stage.slack.workspace.channel(channel_id)
    assert channel is not None
    members = tuple(each for each in channel.members if each != SAYSO)
    stage.slack.workspace.put_channel(replace(channel, members=members))


def said_in(stage: Scene, channel: str) -> list[str]:
    return [message.text for message in stage.slack.workspace.messages(channel)]


async def test_e13_a_channel_archived_meanwhile_is_told_once_in_another_channel(
    stage: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    assert await stage.door.look_around([PROD, OTHER])
    before = (stage.door.health.problems, said_in(stage, OTHER))
    archive(stage, is_archived=True)

    await stage.door.look_around([PROD, OTHER])
    await stage.door.look_around([PROD, OTHER])

    assert before == ((), [])
    (said,) = said_in(stage, OTHER)
    assert said.startswith(":warning: Channel <#C0PROD>: it is archived")
    assert said.endswith("Unarchive it, or replace it. Calls that ask there do not run.")
    assert stage.door.health.problems[0].startswith("Channel C0PROD: it is archived")
    assert stage.door.health.is_ready
    assert [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR] == [
        stage.door.health.problems[0]
    ]

    archive(stage, is_archived=False)
    await stage.door.look_around([PROD, OTHER])
    assert stage.door.health.problems == ()


async def test_e13_a_bot_removed_from_the_channel_is_noticed_by_the_card_that_cannot_go_there(
    stage: Scene,
) -> None:
    leave(stage)

    request = await stage.ask()

    stored = await stage.stored(request)
    assert stored.cause is Cause.UNDELIVERABLE
    assert "/invite @Sayso" in stage.door.health.problems[0]
    await stage.door.look_around([PROD, OTHER])
    assert "/invite @Sayso" in said_in(stage, OTHER)[0]


async def test_where_no_other_channel_works_readiness_and_log_still_say_it(stage: Scene) -> None:
    leave(stage)

    await stage.door.look_around([PROD])

    assert "C0PROD" in stage.door.health.problems[0]
    assert stage.slack.calls.of("chat.postMessage") == []


async def test_errors_that_are_not_about_the_channel_say_nothing_about_it(stage: Scene) -> None:
    await stage.slack.faults.switch_on(
        Fault(kind=FaultKind.ERROR, method="chat.postMessage", code="invalid_blocks")
    )

    await stage.ask()

    assert stage.door.health.problems == ()


async def test_a_lap_asks_about_twenty_channels_at_most_and_the_next_goes_on(stage: Scene) -> None:
    channels = [PROD, *(ChannelId(f"C0NONE{number}") for number in range(30))]

    def asked() -> int:
        return len(stage.slack.calls.of("conversations.info")) - before

    before = 0
    before = asked()
    await stage.door.look_around(channels)
    first = asked()
    await stage.door.look_around(channels)

    assert (first, asked()) == (20, 31)
    assert len(stage.door.health.channels) == 30


async def test_e11_a_revoked_token_is_logged_once_and_found_good_again_by_itself(
    stage: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    revoked = Fault(kind=FaultKind.ERROR, code="token_revoked", times=None)
    await stage.slack.faults.switch_on(revoked)

    assert not await stage.door.look_around([PROD])
    await stage.ask()
    assert not await stage.door.look_around([PROD])
    said = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]
    stage.slack.faults.clear()

    assert await stage.door.look_around([PROD])
    assert [each for each in said if "token_revoked" in each] == [
        "Slack says token_revoked: install the app anew and give its new token"
    ]


async def test_a_channel_the_policy_no_longer_names_is_forgotten_once_it_was_told(
    stage: Scene,
) -> None:
    leave(stage)
    await stage.ask()

    await stage.door.look_around([OTHER])

    assert "/invite @Sayso" in said_in(stage, OTHER)[0]
    assert stage.door.health.problems == ()
