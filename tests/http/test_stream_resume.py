"""Whoever comes again with the last event id misses nothing, or is told that there is a gap."""

from collections.abc import AsyncIterator

import pytest_asyncio

from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.key import Scope
from approvals.operations.follow_by_key import REPLAYED_MAX
from tests.engine.gateway_in_test import UNFOLDED
from tests.fakes.people import BOB
from tests.http.api_in_test import Api, an_api
from tests.http.stream_in_test import a_stream


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Api]:
    async with an_api(policy=UNFOLDED) as opened:
        yield opened


async def test_G16_what_changed_while_away_is_told_once_and_in_order(api: Api) -> None:
    key = await api.key()
    first = (await api.ask(key)).body["id"]
    await api.behind.pending()
    async with a_stream(api, key) as stream:
        place = (await stream.follow())["event_id"]
    second = (await api.ask(key, args={"service": "db"})).body["id"]
    await api.behind.clicks(first)
    third = (await api.ask(key, tool="read_logs")).body["id"]

    async with a_stream(api, key) as stream:
        followed = await stream.follow(after=place)
        missed = stream.heard
        again = await stream.follow(after=followed["event_id"])

    assert [(each["approval"]["id"], each["approval"]["status"]) for each in missed] == [
        (second, "pending"),
        (first, "approved"),
        (third, "approved"),
    ]
    assert followed["event_id"] == again["event_id"]
    assert [int(each["event_id"].partition("-")[0]) for each in missed] == sorted(
        int(each["event_id"].partition("-")[0]) for each in missed
    )


async def test_G16_every_event_id_is_a_place_to_come_again_from(api: Api) -> None:
    key = await api.key()
    async with a_stream(api, key) as stream:
        await stream.follow()
        asked = [(await stream.ask(args={"number": number}))["id"] for number in range(5)]
        places = {each: (await stream.change(each))["event_id"] for each in asked}

    for number, each in enumerate(asked):
        async with a_stream(api, key) as stream:
            await stream.follow(after=places[each])
            told = {message["approval"]["id"] for message in stream.heard}

        assert told == set(asked[number + 1 :])


async def test_G16_a_place_that_is_unknown_here_begins_anew_and_says_so(api: Api) -> None:
    key = await api.key()
    asked = (await api.ask(key)).body["id"]
    async with a_stream(api, key) as stream:
        known = (await stream.follow())["event_id"]
    number = int(known.partition("-")[0])

    for place in (f"{number}-{'0' * 12}", f"{number + 9}-{'0' * 12}"):
        async with a_stream(api, key) as stream:
            await stream.follow(after=place)
            resync, told = stream.heard

        assert (resync["type"], resync["code"]) == ("resync", "gap")
        assert (told["approval"]["id"], told["event_id"]) == (asked, None)
    async with a_stream(api, key) as stream:
        refused = await stream.until("problem", await stream.say(type="follow", after="yesterday"))
        assert refused["problem"]["code"] == "invalid_request"


async def test_G16_who_was_away_for_too_long_begins_anew(api: Api) -> None:
    key = await api.key()
    async with a_stream(api, key) as stream:
        place = (await stream.follow())["event_id"]
    asked = (await api.ask(key)).body["id"]
    event = AuditEvent(name=AuditName.CALL_ALLOWED, subject="t", at=api.behind.clock.now(), data={})
    await api.behind.store.write(lambda tx: tx.record(*[event] * (REPLAYED_MAX + 1)))
    async with a_stream(api, key) as stream:
        await stream.follow(after=place)

    assert [each["type"] for each in stream.heard] == ["resync", "approval"]
    assert stream.heard[1]["approval"]["id"] == asked


async def test_a_request_that_is_followed_alone_is_left_once_its_end_was_told(api: Api) -> None:
    key = await api.key()
    asked = (await api.ask(key)).body["id"]
    other = (await api.ask(key, args={"service": "db"})).body["id"]
    async with a_stream(api, key) as stream:
        await stream.follow(ids=[asked])
        for each in (other, asked):
            await api.call("POST", f"/v1/approvals/{each}/cancel", key, {})
        ended = await stream.change(status="cancelled")
        (here,) = api.streams.open

        assert ended["approval"]["id"] == asked
        assert not here.follower.wants.ids


async def test_G2_a_person_is_told_what_they_may_see_of_a_channel_and_nothing_else(
    api: Api,
) -> None:
    key = await api.key()
    hidden = (await api.ask(key)).body["id"]
    api.behind.directory.channels[api.behind.policies[0].defaults.channel] = frozenset()
    async with a_stream(api, await api.key(Scope.READ, owner=BOB)) as stream:
        await stream.follow(channel="#ops")
        may = [each["approval"]["id"] for each in stream.heard]
        refused = await stream.until("problem", await stream.say(type="follow", channel="#no"))

    # Bob could approve it, so it is shown to him although he is not in the channel.
    assert may == [hidden]
    assert refused["problem"]["code"] == "channel_unknown"
