"""The outbox under strain: slow posts, leases that end, a shutdown midway, paced channels."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

from approvals.operations.deliver_outbox import deliver, take_jobs
from approvals.operations.ports import CardContent, NotNow, Posted
from bot.background import FINISH_WITHIN, Outbox, deliveries
from tests.engine.gateway_in_test import GatewayInTest, a_gateway
from tests.fakes.people import FakeMessenger
from tests.fakes.virtual_time import LoopClock, in_virtual_time


class SlowMessenger(FakeMessenger):
    """Takes *takes_s* to post a card."""

    takes_s = 0.0
    posting = 0
    posting_most = 0

    async def post(self, content: CardContent, *, now: datetime) -> Posted:
        self.posting += 1
        self.posting_most = max(self.posting, self.posting_most)
        try:
            await asyncio.sleep(self.takes_s)
            return await super().post(content, now=now)
        finally:
            self.posting -= 1


@contextlib.asynccontextmanager
async def delivering(
    gateway: GatewayInTest, takes_s: float
) -> AsyncIterator[tuple[SlowMessenger, asyncio.Task[Any]]]:
    messenger = SlowMessenger()
    messenger.takes_s = takes_s
    outbox = asyncio.create_task(Outbox(gateway.desk, deliveries(gateway.desk, messenger)).run())
    call = gateway.asks()
    try:
        yield messenger, outbox
    finally:
        outbox.cancel()
        await gateway.gateway.close()
        await asyncio.gather(outbox, call, return_exceptions=True)


def test_a_post_longer_than_its_lease_is_not_done_a_second_time_beside_it() -> None:
    async def scenario() -> tuple[int, int]:
        async with (
            a_gateway(clock=LoopClock()) as gateway,
            delivering(gateway, takes_s=100) as (messenger, _),
        ):
            await asyncio.sleep(150)
            return messenger.posting_most, len(messenger.posts)

    assert in_virtual_time(scenario) == (1, 1)


def test_a_shutdown_lets_a_card_being_posted_be_posted_and_remembered() -> None:
    async def scenario() -> tuple[int, datetime | None]:
        async with (
            a_gateway(clock=LoopClock()) as gateway,
            delivering(gateway, takes_s=1) as (messenger, outbox),
        ):
            await asyncio.sleep(0.5)
            outbox.cancel()
            await asyncio.gather(outbox, return_exceptions=True)
            return len(messenger.posts), await gateway.store.next_job_at()

    assert in_virtual_time(scenario) == (1, None)


def test_a_shutdown_does_not_wait_for_a_slack_that_does_not_answer() -> None:
    async def scenario() -> float:
        async with (
            a_gateway(clock=LoopClock()) as gateway,
            delivering(gateway, takes_s=50) as (_, outbox),
        ):
            await asyncio.sleep(0.5)
            loop = asyncio.get_running_loop()
            started_s = loop.time()
            outbox.cancel()
            await asyncio.gather(outbox, return_exceptions=True)
            return loop.time() - started_s

    assert in_virtual_time(scenario) < FINISH_WITHIN.total_seconds() + 0.5


async def _delivered_once(gateway: GatewayInTest) -> timedelta:
    """Deliver what is due; return in how long it is due again."""
    for job in await take_jobs(gateway.desk):
        await deliver(gateway.desk, gateway.messenger, job)
    next_at = await gateway.store.next_job_at()
    assert next_at is not None
    return next_at - gateway.clock.now()


async def test_waiting_for_its_turn_makes_no_later_failure_wait_longer() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks()
        await gateway.settled()
        gateway.messenger.trouble = NotNow("paced", retry_after_s=1)
        for _ in range(9):
            gateway.clock.advance(await _delivered_once(gateway))

        gateway.messenger.trouble = NotNow("http_503")

        assert await _delivered_once(gateway) <= timedelta(seconds=2)
        await gateway.gateway.close()
        await asyncio.gather(call, return_exceptions=True)


async def test_a_pending_requests_card_is_tried_again_before_its_time_is_over() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks()
        await gateway.settled()
        (job,) = await take_jobs(gateway.desk)
        request = await gateway.desk.store.request(job.subject)  # type: ignore[arg-type]
        assert request is not None
        gateway.messenger.trouble = NotNow("http_503")
        await deliver(gateway.desk, gateway.messenger, job)
        for _ in range(8):
            gateway.clock.advance(await _delivered_once(gateway))
            assert gateway.clock.now() < request.expires_at

        await gateway.gateway.close()
        await asyncio.gather(call, return_exceptions=True)
