"""What one connection may cost: messages too large or too deep, and readers that do not read."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from tests.http.api_in_test import Api, an_api
from tests.http.raw_in_test import COMPRESSED, CONTINUATION, FIN, TEXT, raw
from tests.http.stream_in_test import Stream, a_stream


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Api]:
    async with an_api() as opened:
        yield opened


async def test_R14_nothing_is_decompressed(api: Api) -> None:
    extension: dict[str, Any] = {"Sec_WebSocket_Extensions": "permessage-deflate"}
    async with raw(api, Authorization=f"Bearer {await api.key()}", **extension) as taken:
        assert "permessage-deflate" not in taken.head
        taken.frame(TEXT, b"\x00" * 20, flags=FIN | COMPRESSED)

        assert await taken.close_code() == 1002


async def test_R14_a_message_in_a_hundred_thousand_pieces_is_cut_off(api: Api) -> None:
    async with raw(api, Authorization=f"Bearer {await api.key()}") as taken:
        taken.frame(TEXT, b"x" * 12, flags=0)
        taken.frame(CONTINUATION, b"x" * 12, flags=0, times=100_000)

        assert await taken.close_code() == 1009


async def test_R2_R4_what_is_too_deep_or_ambiguous_is_refused_and_the_rest_goes_on(
    api: Api,
) -> None:
    async with a_stream(api, await api.key()) as stream:
        for text, code in (
            ("[" * 100_000, "too_deep"),
            ('{"type":"ping","ref":"a","ref":"b"}', "duplicate_key"),
            ('{"type":"ping","ref":NaN}', "not_a_number"),
        ):
            await stream.ws.send_str(text)
            assert (await stream.until("problem"))["problem"]["code"] == code
        await stream.ws.send_bytes(b"\x00")
        assert await stream.end() == 1003


async def test_R11_who_does_not_read_is_sent_away_and_others_are_told_meanwhile(api: Api) -> None:
    asks, stalls = await api.key(), await api.key()
    told = json.dumps({"type": "follow", "ref": "f"}).encode()
    async with raw(api, receive_bytes=4096, Authorization=f"Bearer {stalls}") as stalled:
        stalled.frame(TEXT, told)
        async with a_stream(api, asks) as reads:
            await reads.follow()
            while len(api.streams.followers) < 2:
                await asyncio.sleep(0)
            slow = next(each for each in api.streams.open if each.key.id in stalls)
            for number in range(40):
                args = {"number": number, "blob": "x" * 60_000}
                asked = await api.ask(asks, tool="drop_table", args=args)
                await reads.change(asked.body["id"])
                if slow.line.is_ending:
                    break

        # Who begins to read at last learns why.
        assert await stalled.close_code() == 1013
        while slow in api.streams.open:  # pytest's timeout ends it
            await asyncio.sleep(0)


async def test_more_at_once_than_may_be_waits_its_turn(api: Api) -> None:
    async with a_stream(api, await api.key()) as stream:
        refs = [await stream.say(type="ping") for _ in range(200)]

        assert {(await stream.until("pong"))["ref"] for _ in refs} == set(refs)


async def test_the_gateways_end_is_told_and_waits_for_nobody(api: Api) -> None:
    async with (
        a_stream(api, await api.key()) as stream,
        raw(api, Authorization=f"Bearer {await api.key()}"),
    ):
        began = asyncio.get_running_loop().time()
        ended, _ = await asyncio.gather(stream.end(), api.streams.close())

        assert ended == 1001
        assert asyncio.get_running_loop().time() - began < 2


async def test_messages_that_cannot_be_read_end_no_other(api: Api) -> None:
    async with a_stream(api, await api.key()) as stream, a_stream(api, await api.key()) as other:
        await stream.ws.send_str("nonsense")
        await stream.until("problem")

        assert isinstance(other, Stream)
        assert (await other.ask())["status"] == "pending"
