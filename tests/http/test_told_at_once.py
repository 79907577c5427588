"""What a commit knows of the request it ended is told from its news, as it would be read."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any, cast

import pytest
import pytest_asyncio

from approvals.domain.approval_request import Status
from approvals.domain.change import EventId
from approvals.domain.decision import Verdict
from approvals.operations.follow_by_key import News, end_of_chain, news_after, news_in
from approvals.operations.ports import Committed, Store
from approvals.operations.snapshot import Snapshot
from bot.http.follower import Follower, Wants
from bot.http.followers import Followers
from tests.http.api_in_test import Api, an_api
from tests.http.stream_in_test import a_stream


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Api]:
    async with an_api() as opened:
        yield opened


@pytest.mark.parametrize("verdict", list(Verdict))
async def test_a_commit_tells_of_what_people_decided_all_that_is_read_of_it(
    api: Api, verdict: Verdict
) -> None:
    news: list[Committed] = []
    asked = await api.ask(await api.key())
    await api.behind.pending()
    head = await end_of_chain(api.behind.desk)
    api.behind.store.on_commit(news.append)

    await api.behind.clicks(asked.body["id"], verdict=verdict)

    read = await news_after(api.behind.desk, head.seq)
    (ended,) = [each for each in news if each.ended]
    told = news_in(ended, head.seq)
    assert isinstance(told, News)
    assert told == read
    assert [story.decisions[0].verdict for _, story in read.changed] == [verdict]


async def test_an_end_is_handed_on_with_the_news_of_its_commit(api: Api) -> None:
    handed_on: list[int] = []
    key = await api.key()
    async with a_stream(api, key) as agent:
        asked = await agent.ask()
        await api.behind.pending()
        await _read_up_to_now(api)

        def hear(news: Committed) -> None:  # after the stream, which has listened for longer
            place = api.streams.followers.place
            if news.ended and place is not None:
                handed_on.append(place.seq - news.recorded)

        api.behind.store.on_commit(hear)
        await api.behind.clicks(asked["id"])
        told = await agent.change(asked["id"], "approved")

    assert handed_on == [0]
    assert told["approval"]["status"] == Status.APPROVED.value


async def test_a_commit_that_does_not_go_on_where_one_stands_tells_nothing(api: Api) -> None:
    news: list[Committed] = []
    asked = await api.ask(await api.key())
    await api.behind.pending()
    head = await end_of_chain(api.behind.desk)
    api.behind.store.on_commit(news.append)
    await api.behind.clicks(asked.body["id"])
    (ended,) = [each for each in news if each.ended]

    assert news_in(ended, head.seq) is not None
    assert news_in(ended, head.seq - 1) is None
    assert news_in(ended, head.seq + 1) is None
    assert news_in(Committed(events=ended.events), head.seq) is None


class HeldLooks:
    """A store whose looks begin when they are let."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner
        self.let = asyncio.Event()
        self.wanted = 0

    async def look(self, unit: Callable[[Snapshot], Any]) -> Any:
        self.wanted += 1
        await self.let.wait()
        return await self._inner.look(unit)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


async def test_what_was_told_while_somebody_began_to_read_is_not_told_again(api: Api) -> None:
    secret = await api.key()
    asked = await api.ask(secret)
    await api.behind.pending()
    (key,) = await api.behind.store.look(lambda snapshot: snapshot.keys())
    looks, told = HeldLooks(api.behind.store), list[bytes]()
    looks.let.set()
    desk = replace(api.behind.desk, store=cast("Store", looks))
    followers = Followers(desk, key_ended=lambda _: None)

    async def send(message: Any) -> None:
        told.append(message)

    follower = Follower(desk, key, send=send, too_slow=lambda: None)
    follower.wants = Wants(everything=True)
    await followers.join(follower)
    desk.store.on_commit(followers.hear)
    reading = asyncio.create_task(followers.run())
    try:
        async with asyncio.timeout(5):
            looks.let.clear()
            looks.wanted = 0
            followers.wake()
            while not looks.wanted:
                await asyncio.sleep(0)
            await api.behind.clicks(asked.body["id"])
            looks.let.set()
            while looks.wanted < 2 or not follower.is_even:
                await asyncio.sleep(0)
    finally:
        reading.cancel()

    assert len(told) == 1
    assert followers.place == EventId.of(await end_of_chain(api.behind.desk))


async def _read_up_to_now(api: Api) -> None:
    """Return once everything that was stored is handed on."""
    now = EventId.of(await end_of_chain(api.behind.desk))
    async with asyncio.timeout(5):
        while api.streams.followers.place != now:
            await asyncio.sleep(0)
