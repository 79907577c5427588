"""A card that cannot be posted, is posted twice, or is posted without anybody knowing."""

from datetime import timedelta

import pytest

from approvals.domain.approval_request import Status
from approvals.domain.outcome import OutcomeKind
from approvals.gate.exceptions import (
    CallNotApproved,
)
from approvals.operations.ports import NotNow, Undeliverable
from tests.engine.gateway_in_test import a_gateway


async def test_a_card_slack_refuses_for_ever_ends_the_request_undeliverable() -> None:
    async with a_gateway() as gateway:
        gateway.messenger.trouble = Undeliverable("channel_not_found")
        call = gateway.asks()
        await gateway.delivered()

        with pytest.raises(CallNotApproved) as raised:
            await call

        assert raised.value.outcome.kind is OutcomeKind.UNDELIVERABLE


async def test_E1_a_card_that_could_not_be_posted_in_time_is_undeliverable_not_silence() -> None:
    async with a_gateway() as gateway:
        gateway.messenger.trouble = NotNow("service_unavailable")
        call = gateway.asks()
        await gateway.delivered()

        await gateway.time_passes(timedelta(minutes=5))

        with pytest.raises(CallNotApproved) as raised:
            await call
        assert raised.value.outcome.kind is OutcomeKind.UNDELIVERABLE


async def test_a_card_that_could_not_be_posted_at_first_is_posted_when_slack_is_back() -> None:
    async with a_gateway() as gateway:
        gateway.messenger.trouble = NotNow("ratelimited", retry_after_s=30)
        call = gateway.asks()
        await gateway.delivered()
        gateway.messenger.trouble = None
        gateway.clock.advance(timedelta(seconds=29))
        await gateway.delivered()
        too_early = list(gateway.messenger.posts)

        gateway.clock.advance(timedelta(seconds=1))
        request = await gateway.pending()

        assert too_early == []
        await gateway.clicks(request.id)
        await call


async def test_E3_a_second_post_of_a_card_is_adopted_and_closed_with_the_first() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks()
        request = await gateway.pending()

        answer = await gateway.clicks(request.id, ts="9.000900")
        await gateway.clicks(request.id)
        await gateway.delivered()

        assert answer.refusal is not None
        assert answer.refusal.code == "card_mismatch"
        closed = {
            content.card.ts
            for content in gateway.messenger.updates
            if content.request.status is Status.APPROVED
        }
        assert closed == {"1.000100", "9.000900"}
        await call


async def test_a_click_finds_a_card_whose_post_was_never_answered_and_it_is_redrawn() -> None:
    async with a_gateway() as gateway:
        gateway.messenger.loses_replies = True
        call = gateway.asks()
        await gateway.delivered()
        request = gateway.messenger.posts[-1].request

        await gateway.clicks(request.id, ts="1.000100")
        gateway.messenger.loses_replies = False
        gateway.clock.advance(timedelta(seconds=2))
        await gateway.delivered()

        drawn = gateway.messenger.updates[-1]
        assert (drawn.card.ts, drawn.request.status) == ("1.000100", Status.APPROVED)
        assert len(gateway.messenger.posts) == 1
        await call
