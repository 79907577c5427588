"""One stream tells how all questions of a gate ended; whatever happens to it, nothing is missed."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from approvals.domain.decision import Verdict
from approvals.gate import CallRejected, Gate
from approvals.operations.extend_request import extend_request
from bot.http.serving import served
from tests.engine.gateway_in_test import POLICY, UNFOLDED
from tests.fakes.people import BOB
from tests.remote.elsewhere import QUICK, Elsewhere, elsewhere
from tests.remote.test_remote import Tool
from tests.waiting import until


@pytest_asyncio.fixture
async def there() -> AsyncIterator[Elsewhere]:
    async with elsewhere(streams=True, policy=UNFOLDED) as opened:
        yield opened


async def test_many_wait_on_one_connection(there: Elsewhere) -> None:
    tool = Tool(there.gate)
    calling = [tool.begins(f"s{number}") for number in range(5)]
    while len(there.behind.messenger.posts) < 5:
        await there.behind.delivered()
        await asyncio.sleep(0.005)
    assert len(there.api.streams.open) == 1
    assert len(there.gateway._door.http._idle) == 5  # nothing is asked for one by one
    for post in there.behind.messenger.posts:
        await there.behind.clicks(post.request.id, verdict=Verdict.REJECT, reason="no")

    ended = await asyncio.gather(*calling, return_exceptions=True)
    assert [type(each) for each in ended] == [CallRejected] * 5


async def test_a_stream_that_ends_is_opened_again_and_nothing_is_missed(there: Elsewhere) -> None:
    tool = Tool(there.gate)
    calling = tool.begins()
    request = await there.behind.pending()
    while not there.api.streams.open:
        await asyncio.sleep(0.001)
    await there.api.streams.close()
    await there.behind.clicks(request.id)

    assert await calling == "web is up"


async def test_l1_the_key_is_in_no_log_of_the_stream(
    there: Elsewhere, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    calling = Tool(there.gate).begins()
    await there.approves()
    await calling

    assert there.key[-40:] not in caplog.text
    assert there.key[-40:] not in repr(there.gateway._endings)


async def test_the_stream_follows_no_redirect_with_the_key(there: Elsewhere) -> None:
    seen: list[str] = []

    async def away(request: web.Request) -> web.StreamResponse:
        seen.append(request.path)
        if request.path == "/v1/stream":
            raise web.HTTPTemporaryRedirect("/elsewhere")
        async with (
            aiohttp.ClientSession() as client,
            client.request(
                request.method,
                f"{there.api.url}{request.path_qs}",
                headers={k: v for k, v in request.headers.items() if k != "Host"},
                data=await request.read() or None,
            ) as answer,
        ):
            return web.Response(
                status=answer.status, body=await answer.read(), content_type=answer.content_type
            )

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", away)
    async with served(app, host="127.0.0.1", port=0) as url:
        gate = Gate(agent="deploy-bot")
        async with gate.connect(url, there.key):
            calling = Tool(gate).begins()
            await until(lambda: "/v1/stream" in seen)
            await there.approves()
            assert await calling == "web is up"
    assert "/elsewhere" not in seen


async def test_who_waits_goes_by_the_time_that_people_added() -> None:
    policy = POLICY.replace("timeout: 15m}", "timeout: 15m, extend_max: 20m}")
    async with elsewhere(replace(QUICK, grace_s=-299.6), streams=True, policy=policy) as there:
        calling = Tool(there.gate).begins()
        request = await there.behind.pending()
        click = await there.behind.click_of(request.id, BOB)
        until = request.expires_at + timedelta(minutes=5)
        assert (await extend_request(there.behind.desk, click, until=until)).refusal is None
        await asyncio.sleep(0.6)
        assert not calling.done()
        await there.behind.delivered()
        await there.approves()

        assert await calling == "web is up"
