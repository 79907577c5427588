"""Clocks that are set, summer time, and a thousand deadlines at one instant."""

import asyncio
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.approval_request import Requester, Status
from approvals.domain.card import Card
from approvals.domain.ids import CardId
from approvals.operations.ask import Ask, new_request
from approvals.operations.ports import Transaction
from approvals.operations.send_follow_ups import FOLLOW_UPS_MAX, send_follow_ups
from approvals.storage import statements
from approvals.storage.clock import SystemClock
from approvals.storage.postgres.server import Server
from tests.engine.gateway_in_test import OPS, GatewayInTest, a_gateway, proposal
from tests.engine.test_follow_ups import POLICY, asked, following_up, reminders, stored
from tests.fakes.clock import FakeClock

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
IN_SUMMER_TIME = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
"""Half an hour before clocks in Europe go from two to three."""
MANY = 1_000


class SetByHand:
    """A system whose clock people set; elapsed time goes on all the same."""

    def __init__(self) -> None:
        self.wall_at = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
        self.elapsed_s = 7.0

    def passes(self, by: timedelta) -> None:
        self.wall_at += by
        self.elapsed_s += by.total_seconds()

    @property
    def clock(self) -> SystemClock:
        return SystemClock(wall=lambda: self.wall_at, elapsed_s=lambda: self.elapsed_s)


def test_T8_a_clock_set_back_makes_no_deadline_later() -> None:
    system = SetByHand()
    clock = system.clock
    began_at = clock.now()
    system.wall_at -= HOUR
    system.passes(5 * MINUTE)

    assert clock.now() == began_at + 5 * MINUTE


def test_T8_a_clock_set_forward_makes_deadlines_come_early_not_late() -> None:
    system = SetByHand()
    clock = system.clock
    began_at = clock.now()
    system.wall_at += HOUR
    forward = clock.now()
    system.wall_at -= HOUR
    system.passes(MINUTE)

    assert forward == began_at + HOUR
    assert clock.now() == forward + MINUTE


def test_a_clock_that_was_set_back_is_followed_again_once_it_has_caught_up() -> None:
    system = SetByHand()
    clock = system.clock
    system.wall_at -= MINUTE
    clock.now()
    system.wall_at += 2 * MINUTE

    assert clock.now() == system.wall_at


async def test_T8_after_a_restart_the_stored_deadline_holds_and_nothing_is_approved(
    tmp_path: Path,
) -> None:
    hands = FakeClock()
    async with following_up(place=tmp_path / "sayso.db", clock=hands) as gateway:
        request = await asked(gateway, key="k")
    hands.advance(HOUR)
    async with following_up(place=tmp_path / "sayso.db", clock=hands, owner="next") as gateway:
        answer = await gateway.clicks(request.id)

        assert answer.refusal is not None
        assert (await stored(gateway, request)).status is Status.TIMED_OUT


async def test_T10_summer_time_moves_no_reminder_and_no_rung() -> None:
    policy = (
        POLICY.replace("timeout: 10m", "timeout: 4h")
        .replace("every: 2m, backoff: 2, max: 2", "every: 1h, max: 3")
        .replace("after: 3m", "after: 90m")
        .replace("after: 8m", "after: 3h")
    )
    async with following_up(policy=policy, clock=FakeClock(IN_SUMMER_TIME)) as gateway:
        request = await asked(gateway)
        seen = []
        for _ in range(8):
            await gateway.time_passes(30 * MINUTE)
            facts = (await stored(gateway, request)).followed_up
            seen.append((len(reminders(gateway)), len(facts.rungs)))

        assert seen == [(0, 0), (1, 0), (1, 1), (2, 1), (2, 1), (3, 2), (3, 2), (3, 2)]
        assert (await stored(gateway, request)).status is Status.TIMED_OUT


@pytest.mark.slow
async def test_D12_a_thousand_deadlines_at_one_instant_end_each_request_once_and_in_time(
    tmp_path: Path,
) -> None:
    async with a_gateway(tmp_path / "sayso.db") as gateway:
        await _ask_many(gateway)
        gateway.clock.advance(5 * MINUTE)
        lags: list[float] = []
        watch = asyncio.create_task(_watch(lags))
        began_s = time.perf_counter()
        turns = await _follow_up(gateway)
        took_s = time.perf_counter() - began_s
        watch.cancel()
        names = await gateway.store.write(_names)

        assert (names["request.timed_out"], turns) == (MANY, MANY // FOLLOW_UPS_MAX + 1)
        assert took_s <= 5
        assert max(lags) <= 0.25


async def test_follow_ups_and_more_time_are_kept_in_postgresql_too(postgres: Server) -> None:
    async with following_up(place=postgres) as gateway:
        request = await asked(gateway)
        await gateway.time_passes(3 * MINUTE)
        facts = (await stored(gateway, request)).followed_up

        assert (facts.reminders, facts.added) == (1, ("leads",))
        assert await gateway.store.next_due_at() == request.created_at + 6 * MINUTE


async def _ask_many(gateway: GatewayInTest) -> None:
    asks = [proposal(arguments={"number": number}) for number in range(MANY)]
    policy = gateway.desk.policy()
    requests = [
        new_request(
            gateway.desk,
            Ask(
                call=each.call,
                requirement=policy.requirement(each.call),
                requester=Requester(agent="deploy-bot"),
            ),
        )
        for each in asks
    ]

    def unit(tx: Transaction) -> None:
        for request in requests:
            card = Card(
                id=CardId(gateway.desk.ids.ulid()),
                request_id=request.id,
                channel=OPS,
                nonce="n",
                ts="1.000100",
            )
            tx.add_request(replace(request, expires_at=requests[0].expires_at))
            tx.save_card(card)

    await gateway.store.write(unit)


async def _follow_up(gateway: GatewayInTest) -> int:
    """Do what is due until nothing is, and return how many turns that took."""
    turns = 1
    while await send_follow_ups(gateway.desk) >= FOLLOW_UPS_MAX:
        turns += 1
    return turns


async def _watch(lags: list[float]) -> None:
    while True:
        before = time.perf_counter()
        await asyncio.sleep(0.01)
        lags.append(time.perf_counter() - before - 0.01)


def _names(tx: Any) -> Counter[str]:
    rows = tx.executor.run(statements.EVENTS, {}).fetchall()
    return Counter(str(row["name"]) for row in rows)
