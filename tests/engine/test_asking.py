"""An agent asks and is answered: what it is told, and what its call may run. No Slack."""

from datetime import timedelta

import pytest

from approvals.domain.approval_request import Cause, Status
from approvals.domain.decision import Verdict
from approvals.domain.outcome import OutcomeKind
from approvals.domain.permit import PermitState
from approvals.gate.exceptions import (
    CallDenied,
    CallNotApproved,
    CallRejected,
    CallTimedOut,
    CallUnavailable,
)
from approvals.operations.read_card import read_cards
from tests.engine.gateway_in_test import GatewayInTest, a_gateway, proposal
from tests.fakes.people import BOB


async def permit_state(gateway: GatewayInTest, request_id: str) -> PermitState:
    (content, *_) = await read_cards(gateway.desk, request_id)  # type: ignore[arg-type]
    assert content.permit is not None
    return content.permit.state


async def test_an_approved_call_gets_exactly_the_approved_arguments() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks(arguments={"service": "web", "count": 2})
        request = await gateway.pending()

        answer = await gateway.clicks(request.id)
        clearance = await call

        assert answer.refusal is None
        assert clearance.arguments_json == '{"count":2,"service":"web"}'
        assert clearance.request_id == request.id
        assert await permit_state(gateway, request.id) is PermitState.CLAIMED


async def test_a_rejection_reaches_the_agent_with_its_reason_as_a_quotation() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks()
        request = await gateway.pending()

        await gateway.clicks(request.id, verdict=Verdict.REJECT, reason="not during the sale")

        with pytest.raises(CallRejected, match="quotation.*not during the sale") as raised:
            await call
        assert raised.value.outcome.by == BOB


async def test_silence_ends_in_timed_out_and_is_not_called_a_rejection() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks()
        request = await gateway.pending()

        await gateway.time_passes(timedelta(minutes=5))

        with pytest.raises(CallTimedOut, match="nobody rejected it"):
            await call
        ended = await gateway.store.request(request.id)
        assert ended is not None
        assert (ended.status, ended.cause) == (Status.TIMED_OUT, Cause.TIMEOUT)
        assert gateway.messenger.updates[-1].request.status is Status.TIMED_OUT


async def test_an_allowed_call_runs_at_once_and_a_denied_one_never() -> None:
    async with a_gateway() as gateway:
        clearance = gateway.gateway.admit(proposal("read_logs"))

        assert clearance is not None
        with pytest.raises(CallDenied, match="Dropping is done by hand"):
            gateway.gateway.admit(proposal("drop_table"))
        assert await gateway.call_log.flush(gateway.desk) == 2
        assert gateway.messenger.posts == []


async def test_T1_a_tool_no_rule_names_is_asked_about() -> None:
    async with a_gateway() as gateway:
        assert gateway.gateway.admit(proposal("unheard_of")) is None


async def test_B2_a_channel_whose_approvers_are_only_the_requester_asks_nobody() -> None:
    policy = """
version: 1
defaults: {channel: "#ops", unmatched: ask}
people: {me: {users: [U0ALICE]}}
channels: {"#ops": {id: C0OPS, approvers: [me], rules: []}}
"""
    async with a_gateway(policy=policy) as gateway:
        with pytest.raises(CallNotApproved) as raised:
            await gateway.asks()

        assert raised.value.outcome.kind is OutcomeKind.NO_ELIGIBLE_APPROVER
        assert gateway.messenger.posts == []


async def test_D9_a_caller_that_goes_away_withdraws_its_question() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks()
        request = await gateway.pending()

        call.cancel()
        await gateway.settled()
        late = await gateway.clicks(request.id)

        ended = await gateway.store.request(request.id)
        assert ended is not None
        assert (ended.status, ended.cause) == (Status.CANCELLED, Cause.WAITER_GONE)
        assert late.refusal is not None
        assert late.refusal.code == "already_decided"


async def test_shutdown_detaches_and_leaves_the_question_open() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks()
        request = await gateway.pending()

        await gateway.gateway.close()

        with pytest.raises(CallUnavailable, match="shutting down"):
            await call
        stored = await gateway.store.request(request.id)
        assert stored is not None
        assert stored.is_pending


async def test_nothing_is_allowed_once_the_gateway_closes() -> None:
    async with a_gateway() as gateway:
        await gateway.gateway.close()

        with pytest.raises(CallUnavailable):
            gateway.gateway.admit(proposal("read_logs"))
