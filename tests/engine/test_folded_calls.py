"""The calls of a burst, folded into one card, outlive what befalls a gateway; on both databases."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.approval_request import ApprovalRequest, Cause, Status
from approvals.domain.card import CardKind
from approvals.domain.decision import Verdict
from approvals.domain.errors import Frozen
from approvals.domain.ids import RequestId, UserId
from approvals.gate.gateway import Clearance
from approvals.operations.cancel_request import cancel_request
from approvals.operations.click import Answer, FullView
from approvals.operations.decide import open_full_view
from approvals.operations.ports import CardContent, NotNow
from approvals.operations.read_card import read_cards
from approvals.operations.reconcile import reconcile
from approvals.storage.postgres.server import Server
from tests.engine.freezing import frozen, lifted
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_gateway
from tests.fakes.people import BOB, CAROL

FOLDS = POLICY.replace("effect: ask, risk: high", "effect: ask").replace(
    "timeout: 15m}", "timeout: 15m, fold: 1}"
)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | Server:
    if request.param == "sqlite":
        return tmp_path / "sayso.db"
    server: Server = request.getfixturevalue("postgres")
    return server


async def burst(gateway: GatewayInTest, number: int = 3) -> list[asyncio.Task[Any]]:
    """Ask so many different calls, one after the other."""
    calls = []
    for each in range(number):
        calls.append(gateway.asks(arguments={"service": f"web-{each}"}, key=f"k{each}"))
        await gateway.settled()
    return calls


async def card(gateway: GatewayInTest) -> CardContent:
    await gateway.delivered()
    return list(gateway.messenger.shown.values())[-1]


async def reads(gateway: GatewayInTest, request_id: RequestId, user: UserId = BOB) -> FullView:
    cards = [each.card for each in await read_cards(gateway.desk, request_id)]
    card = next(each for each in cards if each.kind is CardKind.MESSAGE)
    place: dict[str, Any] = {
        "nonce": card.nonce,
        "channel": card.channel,
        "ts": card.ts or "1.000100",
    }
    view = await open_full_view(gateway.desk, await gateway.click_of(request_id, user, **place))
    assert isinstance(view, FullView)
    return view


async def decides(
    gateway: GatewayInTest,
    request_id: RequestId,
    user: UserId = BOB,
    verdict: Verdict = Verdict.APPROVE,
) -> Answer:
    """Read a call whole and decide it there."""
    nonce = (await reads(gateway, request_id, user)).content.card.nonce
    place: dict[str, Any] = {"nonce": nonce, "channel": None, "ts": None}
    return await gateway.clicks(request_id, user, verdict=verdict, **place)


async def stored(gateway: GatewayInTest, shown: CardContent) -> Sequence[ApprovalRequest]:
    return await gateway.store.write(lambda tx: tx.shown_with(shown.card.request_id))


async def given_up(calls: Sequence[asyncio.Task[Any]]) -> None:
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)


async def test_after_a_restart_each_call_is_decided_from_the_old_card(
    place: Path | Server,
) -> None:
    async with a_gateway(place, policy=FOLDS) as gateway:
        first_life = await burst(gateway)
        shown, messenger = await card(gateway), gateway.messenger
    await asyncio.gather(*first_life, return_exceptions=True)

    async with a_gateway(place, policy=FOLDS, messenger=messenger, owner="next") as gateway:
        for part in shown.parts:
            assert (await decides(gateway, part.request.id)).counted == 1
        again = await burst(gateway)

        assert len({(await call).request_id for call in again}) == 3
        assert [each.status for each in await stored(gateway, shown)] == [Status.APPROVED] * 3


async def test_in_a_freeze_none_is_approved_one_may_be_rejected_and_the_rest_afterwards(
    place: Path | Server,
) -> None:
    async with a_gateway(place, policy=FOLDS) as gateway:
        calls = await burst(gateway)
        first, second, third = (part.request.id for part in (await card(gateway)).parts)
        await frozen(gateway)

        assert isinstance((await decides(gateway, first)).refusal, Frozen)
        assert (await decides(gateway, second, verdict=Verdict.REJECT)).refusal is None
        await lifted(gateway)
        assert (await decides(gateway, first)).refusal is None

        assert isinstance(await calls[0], Clearance)
        statuses = {each.id: each.status for each in await stored(gateway, await card(gateway))}
        assert statuses == {
            first: Status.APPROVED,
            second: Status.REJECTED,
            third: Status.PENDING,
        }
        await given_up(calls)


async def test_a_deleted_card_of_a_burst_is_posted_anew_while_one_call_waits() -> None:
    async with a_gateway(policy=FOLDS) as gateway:
        calls = await burst(gateway)
        shown = await card(gateway)
        await cancel_request(gateway.desk, shown.request.id, Cause.REQUESTER)
        await gateway.delivered()
        gateway.messenger.deleted.add("1.000100")
        gateway.clock.advance(timedelta(minutes=4))

        until = gateway.clock.now() + timedelta(hours=1)
        await reconcile(gateway.desk, gateway.messenger, until=until)
        anew = await card(gateway)

        assert len(gateway.messenger.posts) == 2
        assert [part.request.is_pending for part in anew.parts] == [False, True, True]
        assert (await decides(gateway, anew.parts[1].request.id)).counted == 1
        await given_up(calls)


async def test_e3_a_burst_whose_post_was_never_answered_is_read_and_decided_from_it() -> None:
    async with a_gateway(policy=FOLDS) as gateway:
        gateway.messenger.loses_replies = True
        calls = await burst(gateway)
        await gateway.delivered()
        first = gateway.messenger.posts[0].request

        found = await gateway.store.write(lambda tx: tx.shown_with(first.id))
        for each in found:
            assert (await decides(gateway, each.id)).refusal is None

        assert all([isinstance(await call, Clearance) for call in calls])


async def test_e2_an_outbox_that_could_not_post_yet_posts_one_card_for_the_burst() -> None:
    async with a_gateway(policy=FOLDS) as gateway:
        gateway.messenger.trouble = NotNow("ratelimited", retry_after_s=5)
        calls = await burst(gateway)
        await gateway.delivered()
        gateway.messenger.trouble = None
        gateway.clock.advance(timedelta(seconds=6))

        shown = await card(gateway)

        assert (len(gateway.messenger.posts), len(shown.parts)) == (1, 3)
        assert not shown.card.shows_everything
        await given_up(calls)


async def test_d1_what_races_over_two_calls_of_a_burst_ends_each_once_and_no_other(
    place: Path | Server,
) -> None:
    async with a_gateway(place, policy=FOLDS) as gateway:
        calls = await burst(gateway, 4)
        shown = await card(gateway)
        one, other, cancelled, left = (part.request.id for part in shown.parts)

        answers = await asyncio.gather(
            decides(gateway, one, BOB),
            decides(gateway, one, CAROL, Verdict.REJECT),
            decides(gateway, other, CAROL),
            decides(gateway, other, BOB, Verdict.REJECT),
            cancel_request(gateway.desk, cancelled, Cause.REQUESTER),
            burst(gateway, 4),
            return_exceptions=True,
        )
        await gateway.delivered()

        ended = {each.id: each for each in await stored(gateway, shown)}
        assert ended[left].is_pending
        assert ended[cancelled].status is Status.CANCELLED
        for raced, (first, second) in ((one, answers[0:2]), (other, answers[2:4])):
            decided = [each for each in (first, second) if isinstance(each, Answer)]
            went_through = [each for each in decided if each.refusal is None]
            assert len(went_through) == 1
            assert ended[raced].status in (Status.APPROVED, Status.REJECTED)
        (message,) = [
            each
            for each in await gateway.store.write(lambda tx: tx.cards_shown_with(one))
            if each.kind is CardKind.MESSAGE
        ]
        assert not message.shows_everything
        await given_up(calls)
