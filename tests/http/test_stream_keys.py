"""A key ends, or its owner's authority does: its streams end with it, and nothing is told after."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from approvals.domain.key import Scope
from approvals.operations.revoke_key import revoke_key
from bot.http import stream_watch
from bot.http.stream_watch import StreamWatch
from tests.fakes.people import ALICE, BOB, CAROL
from tests.http.api_in_test import OPERATOR, Api, an_api
from tests.http.stream_in_test import a_stream


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Api]:
    async with an_api() as opened:
        yield opened


async def test_G15_a_key_that_is_taken_back_ends_its_streams_and_no_others(api: Api) -> None:
    key, other = await api.key(), await api.key()
    async with (
        a_stream(api, key) as first,
        a_stream(api, key) as second,
        a_stream(api, other) as stays,
    ):
        for each in (first, second, stays):
            await each.follow()

        await revoke_key(api.behind.desk, key, by=OPERATOR)
        asked = await api.ask(other)

        assert [await first.end(), await second.end()] == [4401, 4401]
        assert not [each for each in first.heard if each["type"] == "approval"]
        assert await stays.change(asked.body["id"])


async def test_G15_a_key_that_expires_ends_its_streams(api: Api) -> None:
    key = await api.key(lasts=timedelta(hours=1))
    async with a_stream(api, key) as stream:
        await StreamWatch(api.streams).look()
        assert not stream.ws.closed
        api.behind.clock.advance(timedelta(hours=1))

        await StreamWatch(api.streams).look()

        assert await stream.end() == 4401
    assert stream_watch.LOOK_EVERY_S + 2 * stream_watch.OWNER_WITHIN_S < 5


async def test_G15_an_owner_who_may_not_act_any_more_ends_the_streams_of_their_key(
    api: Api,
) -> None:
    async with (
        a_stream(api, await api.key(owner=ALICE)) as ends,
        a_stream(api, await api.key(owner=BOB)) as stays,
    ):
        api.behind.directory.change(ALICE, is_deactivated=True)

        await StreamWatch(api.streams).look()

        assert await ends.end() == 4401
        await stays.say(type="ping", ref="still")
        assert await stays.until("pong", "still")


async def test_a_call_with_a_key_that_has_ended_is_not_answered(api: Api) -> None:
    key = await api.key(lasts=timedelta(hours=1))
    async with a_stream(api, key) as stream:
        api.behind.clock.advance(timedelta(hours=1))
        await stream.say(type="call", operation="askApproval", body={"tool": "restart_service"})

        assert await stream.end() == 4401
        assert not stream.heard
    assert await api.behind.store.look(lambda seen: seen.count_pending()) == 0


async def test_nothing_is_told_while_nobody_can_say_whether_the_owner_may_act(api: Api) -> None:
    watch, key = StreamWatch(api.streams), await api.key()
    async with a_stream(api, key) as stream:
        await stream.follow()
        api.behind.directory.is_down = True
        await watch.look()
        api.behind.directory.is_down = False
        asked = await api.ask(key)
        await api.behind.settled()
        await stream.say(type="ping", ref="meanwhile")
        await stream.until("pong", "meanwhile")
        assert not stream.heard

        await watch.look()

        assert await stream.change(asked.body["id"])


async def test_a_reader_nobody_can_judge_is_told_that_there_is_a_gap(api: Api) -> None:
    async with a_stream(api, await api.key(Scope.READ, owner=CAROL)) as person:
        await person.follow()
        api.behind.directory.is_down = True
        asks = api.behind.asks()
        resync = await person.until("resync")
        api.behind.directory.is_down = False
        await person.follow()
        asks.cancel()

    assert (resync["ref"], resync["code"]) == (None, "identity_unverified")
    assert [each["type"] for each in person.heard] == ["approval"]


async def test_G16_to_follow_one_more_loses_nothing_of_what_was_followed_before(api: Api) -> None:
    watch, key = StreamWatch(api.streams), await api.key()
    first = (await api.ask(key)).body["id"]
    async with a_stream(api, await api.key(Scope.READ, owner=CAROL)) as person:
        await person.follow()
        api.behind.directory.is_down = True
        await watch.look()
        api.behind.directory.is_down = False
        second = (await api.ask(key, args={"service": "db"})).body["id"]
        await person.follow(ids=[first])
        await watch.look()

        assert await person.change(second)


async def test_a_quiet_stream_is_sent_a_heartbeat_with_the_place_it_is_at(api: Api) -> None:
    async with a_stream(api, await api.key()) as stream:
        place = (await stream.follow())["event_id"]
        watch = StreamWatch(api.streams)
        await watch.look()
        (here,) = api.streams.open
        here.line.sent_at_s -= 17

        await watch.look()

        assert (await stream.until("heartbeat"))["event_id"] == place
        assert not stream.heard
