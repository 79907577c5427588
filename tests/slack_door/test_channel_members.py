"""Is this person in the channel: asked of a local Slack through the real client, page by page."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from approvals.domain.ids import ChannelId
from approvals.operations.ports import DirectoryUnavailable
from bot.sandbox.faults import Fault, FaultKind
from bot.slack.directory import MEMBER_PAGES_MAX, MEMBERS_PER_PAGE
from tests.slack_door.scene import BOB, CAROL, FRANK, PROD, SAYSO, Scene, scene

METHOD = "conversations.members"


def fill(stage: Scene, *members: str) -> None:
    """Make these, in this order, the members of #prod."""
    channel = stage.slack.workspace.channel(PROD)
    assert channel is not None
    stage.slack.workspace.put_channel(replace(channel, members=(SAYSO, *members)))


def strangers(count: int) -> tuple[str, ...]:
    return tuple(f"U9{number:07}" for number in range(count))


def pages_read(stage: Scene) -> int:
    return len(stage.slack.calls.of(METHOD))


async def test_who_is_in_the_channel_is_a_member_and_nobody_else(stage: Scene) -> None:
    assert await stage.door.directory.is_member(PROD, BOB)
    assert not await stage.door.directory.is_member(PROD, FRANK)


async def test_a_member_on_a_later_page_is_found_and_no_page_after_it_is_read(
    stage: Scene,
) -> None:
    fill(stage, *strangers(MEMBERS_PER_PAGE), BOB, *strangers(2 * MEMBERS_PER_PAGE))

    assert await stage.door.directory.is_member(PROD, BOB)

    assert pages_read(stage) == 2


async def test_only_the_last_page_makes_sure_that_somebody_is_no_member(stage: Scene) -> None:
    fill(stage, *strangers(2 * MEMBERS_PER_PAGE))

    assert not await stage.door.directory.is_member(PROD, BOB)

    assert pages_read(stage) == 3


async def test_a_channel_with_more_people_than_are_read_is_one_we_cannot_tell_about(
    stage: Scene,
) -> None:
    fill(stage, *strangers(MEMBER_PAGES_MAX * MEMBERS_PER_PAGE), BOB)

    with pytest.raises(DirectoryUnavailable, match="too many pages"):
        await stage.door.directory.is_member(PROD, BOB)

    assert pages_read(stage) == MEMBER_PAGES_MAX


async def test_a_private_channel_without_sayso_is_one_we_cannot_tell_about(stage: Scene) -> None:
    channel = stage.slack.workspace.channel(PROD)
    assert channel is not None
    alone = replace(channel, members=(BOB,), is_private=True)
    stage.slack.workspace.put_channel(alone)

    with pytest.raises(DirectoryUnavailable, match="channel_not_found"):
        await stage.door.directory.is_member(PROD, BOB)
    with pytest.raises(DirectoryUnavailable, match="channel_not_found"):
        await stage.door.directory.is_member(ChannelId("C0NOWHERE"), BOB)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=FaultKind.SERVER_ERROR, method=METHOD),
        Fault(kind=FaultKind.RATE_LIMITED, method=METHOD, seconds=30),
        Fault(kind=FaultKind.SLOW_REPLY, method=METHOD, seconds=1.0),
        Fault(kind=FaultKind.LOST_REPLY, method=METHOD),
        Fault(kind=FaultKind.ERROR, method=METHOD, code="fetch_members_failed"),
        Fault(kind=FaultKind.SERVER_ERROR, method=METHOD, skip=1),
    ],
    ids=lambda fault: f"{fault.kind}-after-{fault.skip}",
)
async def test_when_slack_cannot_say_it_is_no_answer_and_is_not_kept(
    tmp_path: Path, fault: Fault
) -> None:
    async with scene(tmp_path, directory_timeout_s=0.3) as stage:
        fill(stage, *strangers(MEMBERS_PER_PAGE), BOB)
        await stage.slack.faults.switch_on(replace(fault, times=1))

        with pytest.raises(DirectoryUnavailable, match=METHOD):
            await stage.door.directory.is_member(PROD, BOB)

        if fault.kind is not FaultKind.RATE_LIMITED:
            assert await stage.door.directory.is_member(PROD, BOB)


async def test_one_read_serves_whoever_asks_at_once_and_soon_after(stage: Scene) -> None:
    asked = stage.door.directory.is_member

    at_once = await asyncio.gather(*(asked(PROD, BOB) for _ in range(20)))

    assert all([*at_once, await asked(PROD, BOB)])
    assert pages_read(stage) == 1
    assert await asked(PROD, CAROL)
    assert pages_read(stage) == 2


async def test_who_left_the_channel_is_no_member_once_the_answer_is_too_old(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path, directory_max_age_s=0.0) as stage:
        assert await stage.door.directory.is_member(PROD, BOB)
        fill(stage, CAROL)

        assert not await stage.door.directory.is_member(PROD, BOB)
