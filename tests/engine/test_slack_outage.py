"""E12: Slack is down for ten minutes while people are asked, and comes back."""

import asyncio
from datetime import timedelta

import pytest

from approvals.domain.jobs_after import card_job
from approvals.domain.outcome import OutcomeKind
from approvals.gate.exceptions import CallNotApproved
from approvals.operations.deliver_outbox import take_jobs
from approvals.operations.ports import NotNow
from bot.background import Outbox, deliveries
from tests.engine.test_reconciling import POLICY, a_gateway
from tests.fakes.virtual_time import LoopClock, in_virtual_time

MANY = 30
MINUTE = timedelta(minutes=1)
SHORT = POLICY.replace("rules: [", 'rules: [{tool: "short_*", effect: ask, timeout: 5m}, ')


async def test_e12_after_an_outage_what_is_still_asked_is_posted_oldest_first() -> None:
    async with a_gateway(policy=SHORT) as gateway:
        gateway.messenger.trouble = NotNow("http_503")
        short = gateway.asks("short_call")
        calls = []
        for number in range(MANY):
            calls.append(gateway.asks(arguments={"number": number}))
            await gateway.time_passes(10 * MINUTE / MANY)
        # Nobody could see it: its deadline holds, and the agent is told so.
        with pytest.raises(CallNotApproved) as told:
            await short
        before = len(gateway.messenger.posts)

        gateway.messenger.trouble = None
        now = gateway.clock.now()
        await gateway.store.write(lambda tx: tx.hasten_jobs(now))
        await gateway.delivered()

        posted = [content.request for content in gateway.messenger.posts]
        assert told.value.outcome.kind is OutcomeKind.UNDELIVERABLE
        assert (before, len(posted)) == (0, MANY)
        assert [request.id for request in posted] == sorted(request.id for request in posted)
        assert {request.call.tool for request in posted} == {"restart_service"}
        await gateway.gateway.close()
        await asyncio.gather(*calls, return_exceptions=True)


@pytest.mark.parametrize(("has_failed", "is_hastened"), [(True, True), (False, False)])
def test_the_outbox_hurries_what_failed_and_not_what_was_put_off(
    has_failed: bool, is_hastened: bool
) -> None:
    async def scenario() -> bool:
        async with a_gateway(clock=LoopClock()) as gateway:
            call = gateway.asks()
            request = await gateway.pending()
            later = gateway.desk.clock.now() + timedelta(minutes=30)

            due_at = gateway.desk.clock.now() if has_failed else later
            await gateway.store.write(lambda tx: tx.enqueue(card_job(request, due_at)))
            if has_failed:
                (job,) = await take_jobs(gateway.desk)
                await gateway.store.write(lambda tx: tx.postpone_job(job, later))
            outbox = Outbox(gateway.desk, deliveries(gateway.desk, gateway.messenger))
            running = asyncio.create_task(outbox.run())
            outbox.hurry()
            await asyncio.sleep(5)
            left = await gateway.store.next_job_at()
            running.cancel()
            await gateway.gateway.close()
            await asyncio.gather(call, running, return_exceptions=True)
            return left != later

    assert in_virtual_time(scenario) is is_hastened
