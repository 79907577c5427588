"""A question that ended before Slack took its card is not put to anybody afterwards."""

from datetime import timedelta

import pytest

from approvals.domain.outcome import OutcomeKind
from approvals.gate.exceptions import CallNotApproved
from approvals.operations.ports import NotNow
from tests.engine.gateway_in_test import a_gateway


async def test_a_card_of_an_ended_question_is_not_posted_when_slack_is_back() -> None:
    async with a_gateway() as gateway:
        gateway.messenger.trouble = NotNow("service_unavailable")
        call = gateway.asks()
        await gateway.delivered()
        await gateway.time_passes(timedelta(minutes=5))
        gateway.messenger.trouble = None

        await gateway.time_passes(timedelta(minutes=10))

        with pytest.raises(CallNotApproved) as raised:
            await call
        assert raised.value.outcome.kind is OutcomeKind.UNDELIVERABLE
        assert gateway.messenger.posts == []
        assert await gateway.store.next_job_at() is None
