"""Who may decide a question, when, and on which card: the engine's own refusals. No Slack."""

import asyncio

import pytest

from approvals.domain.decision import Verdict
from approvals.domain.ids import TeamId, UserId
from approvals.domain.requirement import Effect
from approvals.gate.exceptions import (
    CallRejected,
    CallTimedOut,
)
from approvals.operations.ports import Person
from tests.engine.gateway_in_test import POLICY, a_gateway, a_policy
from tests.fakes.people import ALICE, BOB, CAROL


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
