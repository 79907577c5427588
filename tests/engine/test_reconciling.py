"""Cards are compared with what stands in Slack, and repaired: one bounded sweep after the other."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from approvals.domain.approval_request import ApprovalRequest, Status
from approvals.domain.card import Card, CardKind
from approvals.domain.ids import CardId
from approvals.domain.upkeep import GIVE_UP_AFTER, LOOK_EVERY
from approvals.operations.deliver_outbox import take_jobs
from approvals.operations.ports import NotNow, Undeliverable
from approvals.operations.reconcile import SWEEP_MAX, reconcile
from tests.engine.gateway_in_test import GatewayInTest
from tests.engine.gateway_in_test import a_gateway as opened_gateway
from tests.fakes.people import BOB, CAROL
from tests.security.evidence import recorded

POLICY = """
version: 1
defaults: {channel: "#ops", timeout: 2h, fold: off}
people: {sre: {users: [U0BOB, U0CAROL]}}
channels:
  "#ops":
    id: C0OPS
    approvers: [sre]
    rules: [{tool: "*", effect: ask}]
"""
TWO = POLICY.replace("effect: ask", "effect: ask, quorum: [{of: sre, count: 2}]")


def a_gateway(
    place: Path | str = ":memory:", policy: str = POLICY, **also: Any
) -> contextlib.AbstractAsyncContextManager[GatewayInTest]:
    return opened_gateway(place, policy=policy, **also)


@contextlib.asynccontextmanager
async def asking(gateway: GatewayInTest) -> AsyncIterator[ApprovalRequest]:
    """One request whose card is posted; its caller is let go at the end."""
    call = gateway.asks()
    try:
        yield await gateway.pending()
    finally:
        await gateway.gateway.close()
        await asyncio.gather(call, return_exceptions=True)


async def sweep(gateway: GatewayInTest, *, later: timedelta = LOOK_EVERY) -> int:
    """Let time pass, sweep once, and deliver what the sweep asked for."""
    gateway.clock.advance(later)
    until = gateway.clock.now() + timedelta(microseconds=1)
    seen = await reconcile(gateway.desk, gateway.messenger, until=until)
    await gateway.delivered()
    return seen


async def cards(gateway: GatewayInTest, request: ApprovalRequest) -> list[Card]:
    return await gateway.store.write(lambda tx: list(tx.cards(request.id)))


async def lose_jobs(gateway: GatewayInTest) -> None:
    """Take every due job and do nothing about it, as a restored backup would."""
    await gateway.settled()
    for job in await take_jobs(gateway.desk):
        await gateway.store.write(lambda tx, job=job: tx.finish_job(job))  # type: ignore[misc]


async def test_a_card_that_was_never_posted_and_that_nobody_will_post_is_posted() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks()
        await lose_jobs(gateway)
        await gateway.delivered()
        before = len(gateway.messenger.posts)

        await sweep(gateway, later=LOOK_EVERY - timedelta(seconds=1))
        too_early = len(gateway.messenger.posts)
        await sweep(gateway, later=timedelta(seconds=1))

        assert (before, too_early, len(gateway.messenger.posts)) == (0, 0, 1)
        await gateway.gateway.close()
        await asyncio.gather(call, return_exceptions=True)


async def test_buttons_left_behind_after_a_decision_are_taken_away() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks()
        request = await gateway.pending()
        await gateway.clicks(request.id)
        await call
        await lose_jobs(gateway)
        stale = gateway.messenger.shown["1.000100"].request.status

        await sweep(gateway)

        assert stale is Status.PENDING
        assert gateway.messenger.shown["1.000100"].request.status is Status.APPROVED


async def test_e13_a_deleted_card_is_posted_anew_and_can_be_decided_on(tmp_path: Path) -> None:
    async with a_gateway(tmp_path / "sayso.db") as gateway:
        call = gateway.asks()
        request = await gateway.pending()
        gateway.messenger.deleted.add("1.000100")

        await sweep(gateway)

        (card,) = await cards(gateway, request)
        assert card.ts == "2.000100"
        await gateway.clicks(request.id)
        await call
        lost = recorded(tmp_path / "sayso.db", "card.lost")
        assert lost == [{"channel": "C0OPS", "ts": "1.000100"}]


async def test_e13_a_deleted_card_found_by_an_update_ends_nothing_and_is_posted_anew() -> None:
    async with a_gateway(policy=TWO) as gateway, asking(gateway) as request:
        gateway.messenger.deleted.add("1.000100")

        await gateway.clicks(request.id, BOB)
        await gateway.delivered()

        stored = await gateway.store.request(request.id)
        assert stored is not None
        assert stored.is_pending
        assert (await cards(gateway, request))[0].ts == "2.000100"
        answer = await gateway.clicks(request.id, CAROL)
        assert answer.refusal is None


async def test_a_card_that_stands_is_looked_at_and_left_alone() -> None:
    async with a_gateway() as gateway, asking(gateway):
        await sweep(gateway)
        early = await sweep(gateway, later=LOOK_EVERY - timedelta(seconds=1))

        assert (gateway.messenger.looks, early) == (1, 0)
        assert (len(gateway.messenger.posts), gateway.messenger.updates) == (1, [])


async def test_a_card_that_has_told_how_it_ended_is_never_looked_at_again() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks()
        request = await gateway.pending()
        await gateway.clicks(request.id)
        await call
        await gateway.delivered()
        gateway.messenger.deleted.add("1.000100")

        assert await sweep(gateway, later=timedelta(days=1)) == 0
        assert len(gateway.messenger.posts) == 1


async def test_e11_a_card_that_could_not_be_changed_is_changed_once_people_put_it_right() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks()
        request = await gateway.pending()
        gateway.messenger.trouble = Undeliverable("not_in_channel", may_heal=True)
        await gateway.clicks(request.id)
        await call
        await gateway.delivered()
        (troubled,) = await cards(gateway, request)

        gateway.messenger.trouble = None
        await sweep(gateway)

        assert troubled.trouble == "not_in_channel"
        assert gateway.messenger.shown["1.000100"].request.status is Status.APPROVED
        (healed,) = await cards(gateway, request)
        assert (healed.trouble, healed.look_at) == (None, None)


async def test_a_card_that_cannot_be_changed_is_tried_ever_more_rarely_and_then_no_more() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks()
        request = await gateway.pending()
        gateway.messenger.trouble = Undeliverable("is_archived", may_heal=True)
        await gateway.clicks(request.id)
        await call
        await gateway.delivered()
        waits = []
        while (look_at := (await cards(gateway, request))[0].look_at) is not None:
            waits.append(look_at - gateway.clock.now())
            await sweep(gateway, later=waits[-1])

        assert waits[0] == LOOK_EVERY
        assert waits == sorted(waits)
        assert GIVE_UP_AFTER < sum(waits, timedelta(0)) < 2 * GIVE_UP_AFTER + LOOK_EVERY
        assert len(waits) < 16


async def test_a_refusal_that_cannot_heal_is_not_tried_again() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks()
        request = await gateway.pending()
        gateway.messenger.trouble = Undeliverable("edit_window_closed")
        await gateway.clicks(request.id)
        await call
        await gateway.delivered()

        assert await sweep(gateway, later=timedelta(days=1)) == 0


async def test_a_second_post_that_was_adopted_is_closed_but_never_posted_anew() -> None:
    async with a_gateway() as gateway, asking(gateway) as request:
        await gateway.clicks(request.id, ts="9.000900")
        await gateway.delivered()
        gateway.messenger.deleted.add("9.000900")

        await sweep(gateway)
        again = await sweep(gateway)

        assert [card.kind for card in await cards(gateway, request)] == [
            CardKind.MESSAGE,
            CardKind.COPY,
        ]
        assert (len(gateway.messenger.posts), again) == (1, 1)


async def test_a_sweep_takes_a_hundred_cards_those_due_longest_first() -> None:
    async with a_gateway() as gateway, asking(gateway) as request:
        (card,) = await cards(gateway, request)

        def many(tx: Any) -> None:
            for number in range(150):
                at = gateway.clock.now() + timedelta(seconds=number)
                more = replace(card, id=CardId(f"K{number}"), ts=f"7.{number:06}", look_at=at)
                tx.save_card(more)

        await gateway.store.write(many)

        assert await sweep(gateway, later=LOOK_EVERY) == SWEEP_MAX
        assert gateway.messenger.looks == SWEEP_MAX
        assert await sweep(gateway, later=timedelta(0)) == 51
        assert await sweep(gateway, later=timedelta(0)) == 0


async def test_cards_slack_could_not_be_asked_about_stay_due() -> None:
    async with a_gateway() as gateway, asking(gateway) as request:
        gateway.messenger.trouble = NotNow("http_503")
        await sweep(gateway)
        gateway.messenger.trouble = None
        gateway.messenger.deleted.add("1.000100")

        await sweep(gateway, later=timedelta(0))

        assert (await cards(gateway, request))[0].ts == "2.000100"


async def test_a_job_that_waits_its_turn_is_not_hurried_by_a_sweep() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks()
        gateway.messenger.trouble = NotNow("ratelimited", retry_after_s=290)
        gateway.clock.advance(timedelta(seconds=20))
        await gateway.delivered()
        gateway.messenger.trouble = None

        await sweep(gateway, later=LOOK_EVERY - timedelta(seconds=20))

        assert gateway.messenger.posts == []
        await gateway.gateway.close()
        await asyncio.gather(call, return_exceptions=True)
