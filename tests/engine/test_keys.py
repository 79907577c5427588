"""Request keys: who may come back to a question, and when the same key asks again."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from approvals.domain import errors
from approvals.domain.approval_request import Cause, Requester, Status
from approvals.domain.ids import UserId
from approvals.domain.outcome import OutcomeKind
from approvals.domain.permit import PermitState
from approvals.gate.exceptions import CallNotApproved, CallRefused
from approvals.operations.ports import Undeliverable
from approvals.operations.recover import recover
from tests.engine.gateway_in_test import POLICY, a_gateway, a_policy
from tests.engine.test_asking import permit_state
from tests.fakes.people import BOB, TEAM

TWO_CHANNELS = (
    POLICY
    + """
  "#dev":
    id: C0DEV
    approvers: [sre]
    rules: [{tool: "restart_*", effect: ask}]
"""
)


async def test_a_caller_with_a_key_only_detaches_and_finds_its_question_again() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks(key="deploy-7")
        request = await gateway.pending()
        call.cancel()
        await gateway.settled()

        again = gateway.asks(key="deploy-7")
        await gateway.settled()
        await gateway.clicks(request.id)

        assert (await again).request_id == request.id
        assert len(gateway.messenger.posts) == 1


async def test_the_same_key_with_other_arguments_is_refused() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks(key="deploy-7")
        await gateway.pending()

        with pytest.raises(CallRefused) as raised:
            await gateway.asks(arguments={"service": "api"}, key="deploy-7")

        assert raised.value.outcome.code == "idempotency_mismatch"
        call.cancel()


async def test_a_key_that_was_carried_out_is_not_carried_out_again() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks(key="deploy-7")
        request = await gateway.pending()
        await gateway.clicks(request.id)
        await gateway.gateway.report(await call, succeeded=True, result="done")

        with pytest.raises(CallNotApproved) as raised:
            await gateway.asks(key="deploy-7")

        assert raised.value.outcome.kind is OutcomeKind.ALREADY_RAN
        assert await permit_state(gateway, request.id) is PermitState.SUCCEEDED


async def test_an_approval_nobody_used_for_a_day_is_asked_for_again_once() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks(key="deploy-7")
        first = await gateway.pending()
        call.cancel()
        await gateway.settled()
        await gateway.clicks(first.id)
        gateway.clock.advance(timedelta(hours=25))

        again = gateway.asks(key="deploy-7")
        second = await gateway.pending()
        await gateway.clicks(second.id)

        assert (second.earlier, second.ask_number) == (first.id, 2)
        assert (await again).request_id == second.id
        assert await permit_state(gateway, first.id) is PermitState.LAPSED


@pytest.mark.parametrize(
    ("people", "is_down"),
    [("users: [U0ALICE]", False), ("usergroup: S0SRE", True)],
    ids=["nobody is left to be asked", "slack cannot say who there is"],
)
async def test_who_comes_back_by_the_key_gets_what_was_approved_whoever_is_left(
    people: str, is_down: bool
) -> None:
    async with a_gateway() as gateway:
        asked = gateway.asks(key="deploy-7")
        request = await gateway.pending()
        asked.cancel()
        await gateway.settled()
        await gateway.clicks(request.id)
        gateway.policies.append(a_policy(POLICY.replace("users: [U0BOB, U0CAROL]", people)))
        gateway.directory.is_down = is_down

        with pytest.raises(CallNotApproved):
            await gateway.asks(key="deploy-8")

        assert (await gateway.asks(key="deploy-7")).request_id == request.id


async def test_an_interrupted_execution_is_unknown_and_a_person_is_asked_again() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks(key="deploy-7")
        first = await gateway.pending()
        await gateway.clicks(first.id)
        await call
        other = replace(gateway.desk, owner="gateway-2")

        lost = await recover(other)
        again = gateway.asks(key="deploy-7")
        second = await gateway.pending()

        assert lost == 1
        assert await permit_state(gateway, first.id) is PermitState.UNKNOWN
        assert second.earlier == first.id
        again.cancel()


async def test_another_requester_cannot_take_over_an_approval_by_its_key() -> None:
    async with a_gateway() as gateway:
        asked = gateway.asks(key="deploy-7")
        request = await gateway.pending()
        asked.cancel()
        await gateway.settled()
        bob = Requester(agent="deploy-bot", person=BOB, team=TEAM)

        with pytest.raises(CallRefused) as raised:
            await gateway.asks(key="deploy-7", requester=bob)

        assert raised.value.outcome.code == "idempotency_mismatch"
        assert (await gateway.clicks(request.id)).refusal is None


async def test_an_approval_of_one_channel_does_not_clear_a_call_of_another() -> None:
    async with a_gateway(policy=TWO_CHANNELS) as gateway:
        asked = gateway.asks(key="deploy-7", channel="#dev")
        await gateway.pending()

        with pytest.raises(CallRefused) as raised:
            await gateway.asks(key="deploy-7", channel="#ops")

        assert raised.value.outcome.code == "idempotency_mismatch"
        asked.cancel()


async def test_a_key_is_cancelled_by_its_own_agent_only() -> None:
    async with a_gateway() as gateway:
        asked = gateway.asks(key="deploy-7")
        await gateway.pending()

        by_another = await gateway.gateway.cancel("deploy-7", agent="other-bot")
        by_its_own = await gateway.gateway.cancel("deploy-7", agent="deploy-bot")

        assert (by_another, by_its_own) == (False, True)
        with pytest.raises(CallNotApproved) as raised:
            await asked
        assert raised.value.outcome.kind is OutcomeKind.CANCELLED


async def test_a_question_nobody_could_be_shown_is_asked_again_under_its_key() -> None:
    async with a_gateway() as gateway:
        gateway.messenger.trouble = Undeliverable("channel_not_found")
        first = gateway.asks(key="deploy-7")
        await gateway.delivered()
        await asyncio.gather(first, return_exceptions=True)
        gateway.messenger.trouble = None

        again = gateway.asks(key="deploy-7")
        request = await gateway.pending()
        await gateway.clicks(request.id)

        assert request.ask_number == 2
        assert (await again).request_id == request.id


async def test_at_start_a_question_without_a_key_is_withdrawn_and_one_with_a_key_stays() -> None:
    async with a_gateway() as gateway:
        calls = [gateway.asks(), gateway.asks(arguments={"service": "db"}, key="deploy-7")]
        await gateway.delivered()
        keyless, keyed = (content.request for content in gateway.messenger.posts)
        await gateway.gateway.close()
        await asyncio.gather(*calls, return_exceptions=True)

        await recover(replace(gateway.desk, owner="gateway-2"))

        ended, kept = [await gateway.store.request(each.id) for each in (keyless, keyed)]
        assert ended is not None
        assert kept is not None
        assert (ended.status, ended.cause) == (Status.CANCELLED, Cause.WAITER_GONE)
        assert kept.is_pending


@pytest.mark.parametrize("person", ["bob@example.com", "<@U0BOB>", "u0bob", ""])
def test_a_requester_that_is_no_slack_id_is_refused(person: str) -> None:
    with pytest.raises(errors.InvalidArguments, match="Slack person's id"):
        Requester(agent="deploy-bot", on_behalf_of=(UserId(person),))
