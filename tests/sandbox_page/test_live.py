"""What open pages are told over the socket, and what happens when they or the server go."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.sandbox_page.desk import Desk, running_desk

pytestmark = pytest.mark.asyncio(loop_scope="session")

Socket = aiohttp.ClientWebSocketResponse
PATIENCE_S = 30


@pytest_asyncio.fixture(loop_scope="session")
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


async def tab_of(desk: Desk, session: aiohttp.ClientSession, person: str) -> Socket:
    url = f"{desk.url}/page/live?as={person}"
    socket = await session.ws_connect(url, headers={"Origin": desk.url})
    assert (await socket.receive_json())["kind"] == "hello"
    return socket


async def next_change(socket: Socket) -> dict[str, Any]:
    told: dict[str, Any] = await socket.receive_json(timeout=PATIENCE_S)
    return told


async def test_every_open_page_is_told_of_a_message_by_its_ts(
    desk: Desk, session: aiohttp.ClientSession
) -> None:
    tabs = [await tab_of(desk, session, "U0ALICE") for _ in range(10)]
    message = desk.post("secret words")
    for tab in tabs:
        told = await next_change(tab)
        assert (told["kind"], told["channel"], told["ts"]) == ("message", "C0PROD", message.ts)
        assert "secret words" not in str(told)
        await tab.close()


async def test_private_changes_are_told_to_their_person_only(
    desk: Desk, session: aiohttp.ClientSession
) -> None:
    bob = await tab_of(desk, session, "U0BOB")
    alice = await tab_of(desk, session, "U0ALICE")
    desk.post("for Bob", ephemeral_to="U0BOB")
    public = desk.post("for all")
    assert (await next_change(bob))["kind"] == "ephemeral"
    assert (await next_change(alice))["ts"] == public.ts


async def test_a_page_that_becomes_another_person_is_told_as_that_person(
    desk: Desk, session: aiohttp.ClientSession
) -> None:
    tab = await tab_of(desk, session, "U0ALICE")
    await tab.send_str("U0BOB")
    assert (await next_change(tab))["kind"] == "hello"
    desk.post("for Bob", ephemeral_to="U0BOB")
    assert (await next_change(tab))["kind"] == "ephemeral"


async def test_a_page_learns_that_it_missed_what_was_private_before_it_said_who_it_is(
    desk: Desk, session: aiohttp.ClientSession
) -> None:
    tab = await session.ws_connect(f"{desk.url}/page/live", headers={"Origin": desk.url})
    before = await next_change(tab)

    desk.post("for Bob", ephemeral_to="U0BOB")
    await tab.send_str("U0BOB")

    told = await next_change(tab)
    assert told["kind"] == "hello"
    assert told["version"] != before["version"]


async def test_a_reconnecting_page_learns_from_the_version_that_it_missed_something(
    desk: Desk, session: aiohttp.ClientSession
) -> None:
    url = f"{desk.url}/page/live"
    first = await session.ws_connect(url, headers={"Origin": desk.url})
    before = (await first.receive_json())["version"]
    again = await session.ws_connect(url, headers={"Origin": desk.url})
    assert (await again.receive_json())["version"] == before
    desk.post("missed")
    later = await session.ws_connect(url, headers={"Origin": desk.url})
    assert (await later.receive_json())["version"] != before


async def test_a_page_too_slow_to_keep_up_is_disconnected_and_learns_so(
    desk: Desk, session: aiohttp.ClientSession
) -> None:
    tab = await tab_of(desk, session, "U0ALICE")
    for number in range(600):
        desk.post(f"line {number}")
    frame = await tab.receive(timeout=PATIENCE_S)
    while frame.type is aiohttp.WSMsgType.TEXT:
        frame = await tab.receive(timeout=PATIENCE_S)
    assert (frame.type, frame.data) == (
        aiohttp.WSMsgType.CLOSE,
        aiohttp.WSCloseCode.TRY_AGAIN_LATER,
    )


async def test_the_server_stops_at_once_with_pages_open() -> None:
    async with aiohttp.ClientSession() as session:
        async with running_desk() as desk:
            tabs = [await tab_of(desk, session, "U0ALICE") for _ in range(3)]
            loop = asyncio.get_running_loop()
            started = loop.time()
        assert loop.time() - started < 5, "aiohttp would wait ten seconds for pages to answer"
        for tab in tabs:
            assert (await tab.receive(timeout=PATIENCE_S)).type is aiohttp.WSMsgType.CLOSE
