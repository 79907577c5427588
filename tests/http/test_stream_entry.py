"""Who may come in on the stream: judged before the upgrade, or by the first message of a page."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot.http.seats import Seats
from tests.fakes.people import ALICE
from tests.http.api_in_test import PAGE, Api, an_api
from tests.http.raw_in_test import raw
from tests.http.stream_in_test import Stream, a_stream


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Api]:
    async with an_api(seats=Seats(in_all=4, of_key=2, strangers=1)) as opened:
        yield opened


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "", f"{PAGE}.evil.example"])
async def test_G4_a_page_that_is_not_listed_does_not_come_in(api: Api, origin: str) -> None:
    key: dict[str, Any] = {"Authorization": f"Bearer {await api.key()}"}

    async with raw(api, **key, Origin=origin) as refused:
        assert (refused.status, json.loads(refused.body)["code"]) == (403, "origin_not_allowed")
    for fine in (dict[str, Any](), dict[str, Any](Origin=PAGE)):
        async with raw(api, **key, **fine) as taken:
            assert taken.status == 101


async def test_G4_a_key_in_the_address_opens_nothing(api: Api) -> None:
    key = await api.key()

    async with raw(api, path=f"/v1/stream?token={key}") as refused:
        assert (refused.status, json.loads(refused.body)["code"]) == (400, "key_in_address")
    async with raw(api, path="/v1/stream?after=1", Authorization=f"Bearer {key}") as refused:
        assert json.loads(refused.body)["code"] == "invalid_request"


async def test_G5_a_gateway_called_by_another_name_does_not_answer(api: Api) -> None:
    key: dict[str, Any] = {"Authorization": f"Bearer {await api.key()}"}

    async with raw(api, **key, Host="rebound.example") as refused:
        assert (refused.status, json.loads(refused.body)["code"]) == (421, "host_not_allowed")
    async with raw(api, **key) as taken:
        assert taken.status == 101


async def test_G1_a_key_that_is_none_is_refused_before_the_upgrade(api: Api) -> None:
    async with raw(api, Authorization="Bearer sayso_nothing") as refused:
        assert (refused.status, json.loads(refused.body)["code"]) == (401, "key_refused")


async def test_who_does_not_upgrade_is_told_what_this_is(api: Api) -> None:
    answer = await api.call("GET", "/v1/stream", await api.key())

    assert (answer.status, answer.code) == (426, "upgrade_required")


async def test_a_page_says_its_key_in_its_first_message(api: Api) -> None:
    async with api.client.ws_connect(f"{api.url}/v1/stream", origin=PAGE) as ws:
        page = Stream(ws)
        await ws.send_json({"type": "hello", "key": await api.key()})

        assert (await page.until("welcome"))["key"]["owner"] == ALICE


@pytest.mark.parametrize("first", ['{"type": "hello", "key": "sayso_none"}', '{"type": "ping"}'])
async def test_who_says_no_key_first_is_sent_away(api: Api, first: str) -> None:
    async with api.client.ws_connect(f"{api.url}/v1/stream", origin=PAGE) as ws:
        page = Stream(ws)
        await ws.send_str(first)

        assert (await page.until("problem"))["problem"]["code"] in (
            "key_refused",
            "invalid_request",
        )
        assert await page.end() == 4401


async def test_no_more_streams_are_open_than_may_be(api: Api) -> None:
    one, other = await api.key(), await api.key(agent="other-bot")
    async with a_stream(api, one), a_stream(api, one), a_stream(api, other):
        async with raw(api, Authorization=f"Bearer {one}") as refused:
            assert (refused.status, json.loads(refused.body)["code"]) == (429, "too_many_streams")
        async with api.client.ws_connect(f"{api.url}/v1/stream") as stranger:
            async with raw(api) as refused:
                assert refused.status == 429
            await stranger.send_json({"type": "hello", "key": one})
            assert (await Stream(stranger).until("problem"))["problem"]["code"] == (
                "too_many_streams"
            )
    while api.streams.open:
        await asyncio.sleep(0)
    async with a_stream(api, one):
        pass


async def test_G1_keys_that_are_none_are_counted_here_too(api: Api) -> None:
    for _ in range(10):
        async with api.client.ws_connect(f"{api.url}/v1/stream") as ws:
            await ws.send_json({"type": "hello", "key": "sayso_none"})
            await Stream(ws).end()

    with pytest.raises(aiohttp.WSServerHandshakeError, match="429"):
        async with a_stream(api, await api.key()):
            pass
