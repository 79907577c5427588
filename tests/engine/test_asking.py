"""An agent asks, people answer, the permit is claimed: the engine's own story, no Slack."""

import asyncio
from datetime import timedelta

import pytest

from approvals.domain.approval_request import Cause, Status
from approvals.domain.decision import Verdict
from approvals.domain.ids import TeamId, UserId
from approvals.domain.outcome import OutcomeKind
from approvals.domain.permit import PermitState
from approvals.domain.requirement import Effect
from approvals.gate.exceptions import (
    CallDenied,
    CallNotApproved,
    CallRejected,
    CallTimedOut,
    CallUnavailable,
)
from approvals.operations.ports import NotNow, Person, Undeliverable
from approvals.operations.read_card import read_cards
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_gateway, a_policy, proposal
from tests.fakes.people import ALICE, BOB, CAROL


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


async def test_B3_a_requester_may_not_approve_but_may_reject_their_own_request() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks()
        request = await gateway.pending()

        approved = await gateway.clicks(request.id, ALICE)
        rejected = await gateway.clicks(request.id, ALICE, verdict=Verdict.REJECT)

        assert approved.refusal is not None
        assert approved.refusal.code == "self_approval"
        assert rejected.refusal is None
        with pytest.raises(CallRejected):
            await call


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


async def test_D5_the_second_of_two_clicks_is_told_what_the_first_decided() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks()
        request = await gateway.pending()

        first, second = await asyncio.gather(
            gateway.clicks(request.id, BOB), gateway.clicks(request.id, CAROL)
        )

        refusals = [answer.refusal.code for answer in (first, second) if answer.refusal]
        assert refusals == ["already_decided"]
        await call


async def test_D3_a_click_at_the_deadline_itself_commits_timed_out() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks()
        request = await gateway.pending()
        gateway.clock.at = request.expires_at

        answer = await gateway.clicks(request.id)

        assert answer.refusal is not None
        assert answer.refusal.code == "timed_out"
        with pytest.raises(CallTimedOut):
            await call


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


async def test_B17_a_click_from_another_message_is_refused() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks()
        request = await gateway.pending()

        elsewhere = await gateway.clicks(request.id, channel="C0OTHER")
        forged = await gateway.clicks(request.id, nonce="0" * 32)

        assert elsewhere.refusal is not None
        assert forged.refusal is not None
        assert {elsewhere.refusal.code, forged.refusal.code} == {"card_mismatch"}
        call.cancel()


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


async def test_A2_approve_is_refused_on_a_card_that_does_not_show_everything() -> None:
    async with a_gateway() as gateway:
        gateway.messenger.cuts = True
        call = gateway.asks()
        request = await gateway.pending()

        approved = await gateway.clicks(request.id)
        rejected = await gateway.clicks(request.id, verdict=Verdict.REJECT)

        assert approved.refusal is not None
        assert approved.refusal.code == "full_view_required"
        assert rejected.refusal is None
        with pytest.raises(CallRejected):
            await call


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


async def test_a_policy_changed_between_look_up_and_decision_is_looked_up_again() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks()
        request = await gateway.pending()
        looked_up = gateway.directory.person

        async def person_then_reload(user: UserId, team: TeamId) -> Person:
            if len(gateway.policies) == 1:
                gateway.policies.append(a_policy(POLICY.replace("U0BOB, ", "")))
            return await looked_up(user, team)

        object.__setattr__(gateway.directory, "person", person_then_reload)
        answer = await gateway.clicks(request.id, BOB)

        assert answer.refusal is not None
        assert answer.refusal.code == "not_approver"
        call.cancel()


async def test_who_may_approve_what_only_code_asks_about_is_read_from_the_policy_of_now() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks("read_logs", code_effect=Effect.ASK)
        request = await gateway.pending()
        gateway.policies.append(a_policy(POLICY.replace("U0BOB, ", "")))

        removed = await gateway.clicks(request.id, BOB)
        listed = await gateway.clicks(request.id, CAROL)

        assert removed.refusal is not None
        assert removed.refusal.code == "not_approver"
        assert listed.refusal is None
        await call


async def test_nothing_is_allowed_once_the_gateway_closes() -> None:
    async with a_gateway() as gateway:
        await gateway.gateway.close()

        with pytest.raises(CallUnavailable):
            gateway.gateway.admit(proposal("read_logs"))
