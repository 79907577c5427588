"""Socket Mode: connections come back, and a second process on the same app is noticed."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from approvals.domain.approval_request import Status
from bot.sandbox.faults import Fault, FaultKind
from bot.slack.door import SlackDoor
from tests.slack_door.scene import BOB, PROD, Scene, scene, slack_settings


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("kind", [FaultKind.SOCKET_REFRESH, FaultKind.SOCKET_DROP])
async def test_a_lost_or_refreshed_socket_comes_back_and_clicks_arrive(
    tmp_path: Path, kind: FaultKind
) -> None:
    async with scene(tmp_path, ping_every_s=0.2) as stage:
        request = await stage.ask()

        await stage.slack.faults.switch_on(Fault(kind=kind))
        await until(lambda: stage.slack.sockets.connection_count == 2)
        await stage.click(BOB, request)

        assert (await stage.stored(request)).status is Status.APPROVED
        await until(lambda: stage.door.health.problems == ())


async def test_a_second_process_on_the_same_app_is_noticed(
    stage: Scene,
) -> None:
    assert stage.door.health.problems == ()

    async with SlackDoor.open(slack_settings(stage.slack), gateway="GW2", channels=[PROD]) as door:
        await door.connect(stage.desk)
        await until(lambda: door.health.connections_seen == 4)

        assert "another process may be using the same app" in door.health.problems[0]


async def test_two_connections_of_our_own_are_no_second_process(tmp_path: Path) -> None:
    async with scene(tmp_path) as stage:
        await until(lambda: stage.door.health.connections_seen == 2)

        assert stage.door.health.problems == ()
        assert stage.slack.sockets.connection_count == 2


async def test_health_says_when_there_is_no_connection(tmp_path: Path) -> None:
    async with scene(tmp_path, ping_every_s=0.2) as stage:
        assert stage.door.health.is_ready

        await stage.slack.faults.switch_on(
            Fault(kind=FaultKind.ERROR, method="apps.connections.open", times=None)
        )
        await stage.slack.faults.switch_on(Fault(kind=FaultKind.SOCKET_DROP))
        await until(lambda: not stage.door.health.is_ready)
        assert "no connection to Slack" in stage.door.health.problems[0]
        stage.slack.faults.clear()
        await until(lambda: stage.door.health.is_ready)


@pytest.mark.parametrize("event", ["app_uninstalled", "tokens_revoked"])
async def test_a_removed_app_is_not_ready(stage: Scene, event: str) -> None:
    about = {"team_id": stage.slack.team_id, "api_app_id": stage.slack.app_id}

    result = await stage.slack.interactions.deliver(
        "events_api",
        {
            **about,
            "type": "event_callback",
            "event": {"type": event, "tokens": {"bot": ["U0SAYSO"]}},
        },
    )

    assert result.acked
    assert not stage.door.health.is_ready
    assert event in stage.door.health.problems[0]


async def test_many_connections_are_told_before_slack_refuses_more(tmp_path: Path) -> None:
    async with scene(tmp_path, connections=7) as stage:
        assert stage.door.health.problems == ()

    async with scene(tmp_path, connections=8) as stage:
        await until(lambda: stage.door.health.connections_seen == 8)

        assert stage.door.health.is_ready
        assert (
            "counts 8 connections of this app and takes 10 at most"
            in (stage.door.health.problems[0])
        )


async def test_one_lost_connection_of_two_is_told_and_clicks_go_on(tmp_path: Path) -> None:
    async with scene(tmp_path, ping_every_s=0.2) as stage:
        request = await stage.ask()
        await stage.slack.faults.switch_on(
            Fault(kind=FaultKind.ERROR, method="apps.connections.open", times=None)
        )
        assert stage.door._socket is not None
        session = stage.door._socket._clients[0].current_session
        assert session is not None
        await session.close()
        await until(lambda: stage.door.health.connections_up == 1)

        assert stage.door.health.is_ready
        assert stage.door.health.problems == (
            "1 of 2 connections to Slack stand; clicks still arrive.",
        )
        await stage.click(BOB, request)
        assert (await stage.stored(request)).status is Status.APPROVED
        stage.slack.faults.clear()
        await until(lambda: stage.door.health.problems == ())


async def test_an_address_that_did_not_work_is_not_tried_again_but_asked_for_anew(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path, ping_every_s=0.1) as stage:
        await stage.slack.faults.switch_on(
            Fault(kind=FaultKind.SERVER_ERROR, method="link", times=2)
        )
        stage.slack.calls.clear()
        await stage.slack.faults.switch_on(Fault(kind=FaultKind.SOCKET_DROP))
        await until(lambda: stage.slack.faults.active() == [])
        await until(lambda: stage.slack.sockets.connection_count == 2)

        assert len(stage.slack.calls.of("apps.connections.open")) > 2


async def test_e2_a_429_on_opening_a_connection_holds_the_other_connection_back_too(
    tmp_path: Path,
) -> None:
    async with scene(tmp_path, ping_every_s=0.05) as stage:
        fault = Fault(kind=FaultKind.RATE_LIMITED, method="apps.connections.open", seconds=1)
        await stage.slack.faults.switch_on(fault)
        stage.slack.calls.clear()
        await stage.slack.faults.switch_on(Fault(kind=FaultKind.SOCKET_DROP))
        await until(lambda: stage.slack.sockets.connection_count == 2)

        first, second, *_ = stage.slack.calls.of("apps.connections.open")
        assert first.retry_after_s == 1
        assert second.at_s - first.at_s >= 1
