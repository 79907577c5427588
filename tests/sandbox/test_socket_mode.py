"""Socket Mode with real clients: acks, ⚠, refresh, drops, duplicates, the limit of ten."""

import asyncio
from time import monotonic
from typing import Any

import aiohttp
import pytest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.nouns import ClickWarning
from bot.sandbox.server import LocalSlack
from tests.sandbox.bolt_app import BoltApp, until
from tests.sandbox.given import CARD


async def _card(app: BoltApp) -> str:
    posted = await app.client.chat_postMessage(channel="C0PROD", text="Restart?", blocks=CARD)
    return str(posted["ts"])


def _count_clicks(app: BoltApp) -> None:
    @app.bolt.action("approve")
    async def approve(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        app.heard.put_nowait(body)


async def test_a_click_nobody_acknowledges_gets_a_warning_that_a_later_click_clears(
    slack: LocalSlack, app: BoltApp
) -> None:
    ts = await _card(app)
    ignored = await slack.interactions.click("U0BOB", channel="C0PROD", ts=ts, action_id="approve")
    warned = slack.workspace.message("C0PROD", ts)

    _count_clicks(app)
    taken = await slack.interactions.click("U0BOB", channel="C0PROD", ts=ts, action_id="approve")
    cleared = slack.workspace.message("C0PROD", ts)

    assert (ignored.acked, ignored.error) == (False, "operation_timeout")
    assert warned is not None
    assert cleared is not None
    assert warned.warnings == (
        ClickWarning(
            person_id="U0BOB", block_id="decide", action_id="approve", error="operation_timeout"
        ),
    )
    assert (taken.acked, cleared.warnings) == (True, ())


async def test_a_click_with_no_app_connected_fails_at_once(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel="C0PROD", text="Restart?", blocks=CARD)

    result = await slack.interactions.click(
        "U0BOB", channel="C0PROD", ts=str(posted["ts"]), action_id="approve"
    )

    assert (result.acked, result.error) == (False, "dispatch_failed")


async def test_a_refreshed_app_comes_back_and_hears_the_next_click(
    slack: LocalSlack, app: BoltApp
) -> None:
    _count_clicks(app)
    ts = await _card(app)

    await slack.faults.switch_on(Fault(kind=FaultKind.SOCKET_REFRESH))
    await until(lambda: len(slack.calls.of("apps.connections.open")) == 2)
    await until(lambda: slack.sockets.connection_count == 1)
    result = await slack.interactions.click("U0BOB", channel="C0PROD", ts=ts, action_id="approve")

    assert result.acked


async def test_a_dropped_app_comes_back(slack: LocalSlack) -> None:
    client = SocketModeClient(
        app_token=slack.app_token,
        web_client=AsyncWebClient(base_url=slack.base_url),
        ping_interval=0.1,
    )
    await client.connect()  # type: ignore[no-untyped-call]
    await until(lambda: slack.sockets.connection_count == 1)

    await slack.faults.switch_on(Fault(kind=FaultKind.SOCKET_DROP))
    await until(lambda: len(slack.calls.of("apps.connections.open")) >= 2)
    await until(lambda: slack.sockets.connection_count == 1)

    await client.close()  # type: ignore[no-untyped-call]
    assert slack.sockets.connection_count <= 1


async def test_a_duplicated_click_is_heard_twice_and_a_lost_one_never(
    slack: LocalSlack, app: BoltApp
) -> None:
    _count_clicks(app)
    ts = await _card(app)

    await slack.faults.switch_on(Fault(kind=FaultKind.DUPLICATE_DELIVERY))
    await slack.interactions.click("U0BOB", channel="C0PROD", ts=ts, action_id="approve")
    first, second = await app.heard.get(), await app.heard.get()
    await slack.faults.switch_on(Fault(kind=FaultKind.LOST_DELIVERY, method="interactive"))
    lost = await slack.interactions.click("U0BOB", channel="C0PROD", ts=ts, action_id="approve")

    assert first["trigger_id"] == second["trigger_id"]
    assert lost.error == "operation_timeout"
    assert app.heard.empty()


async def test_a_delayed_click_arrives_late(slack: LocalSlack, app: BoltApp) -> None:
    _count_clicks(app)
    ts = await _card(app)
    await slack.faults.switch_on(Fault(kind=FaultKind.DELAYED_DELIVERY, seconds=0.2))

    began_s = monotonic()
    result = await slack.interactions.click("U0BOB", channel="C0PROD", ts=ts, action_id="approve")

    assert result.acked
    assert monotonic() - began_s >= 0.2


async def test_each_payload_goes_to_one_of_two_connections(slack: LocalSlack) -> None:
    async with BoltApp.connected(slack) as one, BoltApp.connected(slack) as other:
        _count_clicks(one)
        _count_clicks(other)
        await until(lambda: slack.sockets.connection_count == 2)
        ts = await _card(one)
        for _ in range(4):
            await slack.interactions.click("U0BOB", channel="C0PROD", ts=ts, action_id="approve")

        assert one.heard.qsize() + other.heard.qsize() == 4
        assert one.heard.qsize() == other.heard.qsize()


async def _link(slack: LocalSlack) -> str:
    opened = await AsyncWebClient(base_url=slack.base_url).apps_connections_open(
        app_token=slack.app_token
    )
    return str(opened["url"])


async def test_the_eleventh_connection_is_sent_away(slack: LocalSlack) -> None:
    async with aiohttp.ClientSession() as session:
        sockets = [await session.ws_connect(await _link(slack)) for _ in range(11)]
        greetings = [await socket.receive_json() for socket in sockets]
        for socket in sockets:
            await socket.close()

    assert [g["type"] for g in greetings] == ["hello"] * 10 + ["disconnect"]
    assert greetings[9]["num_connections"] == 10
    assert greetings[10]["reason"] == "too_many_websockets"


async def test_a_socket_asked_to_refresh_is_used_only_until_there_is_another(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel="C0PROD", text="Restart?", blocks=CARD)

    async def click() -> None:
        await slack.interactions.click(
            "U0BOB", channel="C0PROD", ts=str(posted["ts"]), action_id="approve"
        )

    async with aiohttp.ClientSession() as session:
        old = await session.ws_connect(await _link(slack))
        await slack.faults.switch_on(Fault(kind=FaultKind.SOCKET_REFRESH))
        first = asyncio.create_task(click())
        heard = [(await old.receive_json())["type"] for _ in range(3)]
        await first
        new = await session.ws_connect(await _link(slack))
        greeting = await new.receive_json()
        second = asyncio.create_task(click())
        renewed = await new.receive_json()
        await second
        await asyncio.gather(old.close(), new.close())

    assert heard == ["hello", "disconnect", "interactive"]
    assert (greeting["type"], renewed["type"]) == ("hello", "interactive")


async def test_a_ticket_opens_one_connection_only(slack: LocalSlack) -> None:
    link = await _link(slack)
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(link) as socket:
            await socket.receive_json()
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(link)

    assert refused.value.status == 403


async def test_a_ping_is_answered_and_nonsense_is_ignored(slack: LocalSlack) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(await _link(slack), autoping=False) as socket,
    ):
        await socket.receive_json()
        for nonsense in ("not json", "[1]", '"text"', '{"envelope_id": ["a"]}', "null"):
            await socket.send_str(nonsense)
        await socket.ping(b"sdk-ping-pong:1")
        pong = await socket.receive(timeout=2)

    assert (pong.type, bytes(pong.data)) == (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1")
