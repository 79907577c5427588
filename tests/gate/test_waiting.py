"""A call that waits for people says so in the log: for what, where, and until when."""

import asyncio
import logging
import re

import pytest

from approvals.gate import Gate
from tests.engine.gateway_in_test import a_gateway

gate = Gate(agent="deploy-bot", channel="#ops")


@gate.guard
async def restart_service(name: str) -> str:
    """Restart a service."""
    return f"{name} restarted"


@gate.guard
async def read_status(name: str) -> str:
    """Read how a service is doing."""
    return f"{name} is up"


async def test_a_waiting_call_says_what_it_waits_for_where_and_until_when(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="sayso.gate")
    async with a_gateway() as gateway:
        gate.use(gateway.gateway)
        waiting = asyncio.create_task(restart_service("hush"))
        request = await gateway.pending()

        [said] = [each.getMessage() for each in caplog.records if each.name == "sayso.gate"]
        assert said == (
            "'restart_service' waits for a decision in #ops until "
            f"{request.expires_at:%Y-%m-%d %H:%M:%S} UTC (request {request.id})"
        )
        await gateway.clicks(request.id)
        assert await waiting == "hush restarted"
    assert "hush" not in caplog.text


async def test_a_caller_that_finds_its_question_again_is_told_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="sayso.gate")
    async with a_gateway() as gateway:
        gate.use(gateway.gateway)
        with gate.calling(key="deploy:1"):
            first = asyncio.create_task(restart_service("web"))
            request = await gateway.pending()
            second = asyncio.create_task(restart_service("web"))
        await gateway.settled()

        assert re.findall(r"\(request (\S+)\)", caplog.text) == [request.id, request.id]
        await gateway.clicks(request.id)
        await asyncio.wait({first, second})
        for each in (first, second):
            each.exception()


async def test_a_call_that_need_not_wait_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="sayso.gate")
    async with a_gateway() as gateway:
        gate.use(gateway.gateway)

        assert await read_status("web") == "web is up"
    assert [each for each in caplog.records if each.name == "sayso.gate"] == []
