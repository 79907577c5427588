"""The loops in virtual time: the sleeper, the outbox, and how little they ask of the store."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.approval_request import ApprovalRequest, Requester, Status
from approvals.domain.asked_back import AskedBack
from approvals.domain.asking_back import asked_back
from approvals.domain.decision import Approver
from approvals.domain.errors import StoreUnavailable
from approvals.domain.ids import RequestId
from approvals.domain.jobs import Job, JobKind
from approvals.domain.tool_call import ToolCall
from approvals.gate.exceptions import CallTimedOut
from approvals.operations.answerer import Said
from approvals.operations.ask import Ask, new_request
from approvals.operations.ports import NotNow, Transaction
from approvals.operations.save_step import save_step
from approvals.operations.submit_request import submit_request
from bot.background import ANSWERS_MAX, Outbox, Sleeper, deliveries
from tests.engine.gateway_in_test import UNFOLDED, GatewayInTest, a_gateway
from tests.fakes.people import ALICE, BOB, TEAM
from tests.fakes.virtual_time import LoopClock, in_virtual_time
from tests.slack_door.troubled_stores import TroubledStore


@contextmanager
def loops_of(gateway: GatewayInTest) -> Iterator[None]:
    loops = [
        asyncio.create_task(Sleeper(gateway.desk).run()),
        asyncio.create_task(
            Outbox(gateway.desk, deliveries(gateway.desk, gateway.messenger)).run()
        ),
    ]
    try:
        yield
    finally:
        for loop in loops:
            loop.cancel()


class CountingStore:
    """Counts what reaches the store, and passes it on."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.count = 0

    def __getattr__(self, name: str) -> Any:
        if name in ("write", "request", "next_due_at", "next_job_at"):
            self.count += 1
        return getattr(self._store, name)


def test_a_thousand_waiting_requests_cost_at_most_two_queries_a_minute() -> None:
    async def scenario() -> int:
        async with a_gateway(clock=LoopClock()) as gateway:
            store = CountingStore(gateway.store)
            object.__setattr__(gateway.desk, "store", store)
            with loops_of(gateway):
                calls = [gateway.asks(arguments={"number": number}) for number in range(1_000)]
                while len(gateway.messenger.posts) < 1_000:
                    await asyncio.sleep(0.1)
                await asyncio.sleep(1)
                before = store.count
                await asyncio.sleep(180)
                asked = store.count - before
                await gateway.gateway.close()
                await asyncio.gather(*calls, return_exceptions=True)
            return asked

    assert in_virtual_time(scenario) <= 2 * 3


@pytest.mark.parametrize("fault", [RuntimeError("broken"), StoreUnavailable("The store is away.")])
def test_a_job_that_broke_is_tried_again_in_seconds_though_the_store_was_away_too(
    fault: Exception,
) -> None:
    async def scenario() -> timedelta:
        async with a_gateway(clock=LoopClock()) as gateway:
            store, clock = TroubledStore(gateway.store), gateway.desk.clock
            object.__setattr__(gateway.desk, "store", store)
            tried: list[datetime] = []

            async def deliver(job: Job) -> None:
                tried.append(clock.now())
                if len(tried) == 1:
                    store.failure = StoreUnavailable("The store is away.")
                    raise fault
                await store.write(lambda tx: tx.finish_job(job))

            outbox = asyncio.create_task(Outbox(gateway.desk, {JobKind.CARD: deliver}).run())
            call = gateway.asks()
            await asyncio.sleep(3)
            store.failure = None
            await asyncio.sleep(120)
            outbox.cancel()
            await gateway.gateway.close()
            await asyncio.gather(outbox, call, return_exceptions=True)
            return tried[1] - tried[0]

    assert in_virtual_time(scenario) < timedelta(seconds=10)


def test_a_timeout_comes_within_a_second_of_its_time() -> None:
    async def scenario() -> timedelta:
        async with a_gateway(clock=LoopClock()) as gateway:
            with loops_of(gateway):
                asked = gateway.asks()
                with pytest.raises(CallTimedOut):
                    await asked
                (content, *_) = gateway.messenger.posts
                return gateway.desk.clock.now() - content.request.expires_at

    late = in_virtual_time(scenario)
    assert timedelta(0) <= late < timedelta(seconds=1)


def test_what_fell_due_while_the_gateway_was_down_ends_at_start(tmp_path: Path) -> None:
    async def scenario() -> Status:
        clock = LoopClock()
        async with a_gateway(tmp_path / "sayso.db", clock=clock) as gateway:
            with loops_of(gateway):
                call = gateway.asks(key="deploy")
                while not gateway.messenger.posts:
                    await asyncio.sleep(0.1)
                request = gateway.messenger.posts[0].request
            await gateway.gateway.close()
            await asyncio.gather(call, return_exceptions=True)
        await asyncio.sleep(3_600)
        async with a_gateway(tmp_path / "sayso.db", clock=clock) as gateway:
            with loops_of(gateway):
                await asyncio.sleep(1)
            ended = await gateway.store.request(request.id)
            assert ended is not None
            return ended.status

    assert in_virtual_time(scenario) is Status.TIMED_OUT


def test_an_earlier_deadline_wakes_a_sleeper_that_waits_for_a_later_one() -> None:
    policy = """
version: 1
defaults: {channel: "#ops", unmatched: ask}
people: {sre: {users: [U0BOB]}}
channels:
  "#ops":
    id: C0OPS
    approvers: [sre]
    rules:
      - {tool: slow, effect: ask, timeout: 1h}
      - {tool: fast, effect: ask, timeout: 10s}
"""

    async def scenario() -> timedelta:
        async with a_gateway(clock=LoopClock(), policy=policy) as gateway:
            with loops_of(gateway):
                slow = gateway.asks("slow")
                await asyncio.sleep(5)
                started_at = gateway.desk.clock.now()
                with pytest.raises(CallTimedOut):
                    await gateway.asks("fast")
                took = gateway.desk.clock.now() - started_at
                slow.cancel()
                return took

    assert timedelta(seconds=10) <= in_virtual_time(scenario) < timedelta(seconds=11)


def test_a_slack_that_comes_back_gets_the_card_without_anybody_asking() -> None:
    async def scenario() -> float:
        async with a_gateway(clock=LoopClock()) as gateway:
            gateway.messenger.trouble = NotNow("service_unavailable")
            with loops_of(gateway):
                call = gateway.asks()
                await asyncio.sleep(20)
                gateway.messenger.trouble = None
                back_at = asyncio.get_running_loop().time()
                while not gateway.messenger.posts:
                    await asyncio.sleep(0.1)
                waited = asyncio.get_running_loop().time() - back_at
                call.cancel()
                await asyncio.gather(call, return_exceptions=True)
            return waited

    assert in_virtual_time(scenario) < 40


async def test_agents_that_take_their_time_to_answer_keep_no_card_waiting() -> None:
    is_over = asyncio.Event()

    class Slow:
        asked = 0

        async def answer(self, request: ApprovalRequest, asked: AskedBack) -> Said:
            self.asked += 1
            await is_over.wait()
            return Said(text="at last")

    async with asyncio.timeout(30), a_gateway(policy=UNFOLDED) as gateway:
        agents, desk, posts = Slow(), gateway.desk, gateway.messenger.posts
        subjects = [await asked_back_about(gateway, number) for number in range(ANSWERS_MAX + 4)]
        outbox = asyncio.create_task(
            Outbox(desk, deliveries(desk, gateway.messenger, agents=agents)).run()
        )
        while agents.asked < ANSWERS_MAX or len(posts) < len(subjects):
            await asyncio.sleep(0.01)

        call = gateway.asks(arguments={"number": -1})
        while len(posts) == len(subjects):
            await asyncio.sleep(0.01)
        assert agents.asked == ANSWERS_MAX
        is_over.set()
        while await still_open(gateway, subjects) > 4:
            await asyncio.sleep(0.01)
        for task in (outbox, call):
            task.cancel()
        await asyncio.gather(outbox, call, return_exceptions=True)


async def still_open(gateway: GatewayInTest, subjects: list[RequestId]) -> int:
    """How many of them wait for their answer."""
    found = [await gateway.desk.store.request(each) for each in subjects]
    return len([each for each in found if each and each.asking_back.asked[0].is_open])


async def asked_back_about(gateway: GatewayInTest, number: int) -> RequestId:
    """Let an agent ask, and an approver ask back."""
    call = ToolCall.of("restart", "f" * 64, {"number": number})
    requirement = gateway.desk.policy().requirement(call)
    requester = Requester(agent="ops", person=ALICE)
    ask = Ask(call=call, requirement=requirement, requester=requester, is_heard=True)
    request = await submit_request(gateway.desk, new_request(gateway.desk, ask))

    def unit(tx: Transaction) -> None:
        bob = Approver(user=BOB, team=TEAM, is_internal=True, sets={})
        save_step(tx, asked_back(request, "Why?", by=bob, now=gateway.clock.now()))

    await gateway.desk.store.write(unit)
    return request.id
