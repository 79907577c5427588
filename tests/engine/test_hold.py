"""`hold`: seconds between the last approval and the permit, in which it can still be stopped."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest, Cause, Status
from approvals.domain.decision import Verdict
from approvals.domain.hold_errors import AlreadyHeld
from approvals.gate.exceptions import CallDenied, CallFrozen, CallRejected
from approvals.operations.end_hold import ASKS_AGAIN_AFTER, UNCERTAIN_FOR
from tests.engine.freezing import frozen, lifted
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_gateway, a_policy
from tests.fakes.people import ALICE, BOB, CAROL
from tests.security.evidence import endings, recorded

ASKS = "effect: ask, risk: high"
SECOND = timedelta(seconds=1)
HELD = POLICY.replace(ASKS, "effect: ask, hold: 10s")


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[GatewayInTest]:
    async with a_gateway(tmp_path / "sayso.db", policy=HELD) as gateway:
        yield gateway


async def held(gateway: GatewayInTest) -> ApprovalRequest:
    """Approve the one request that was asked, and return it as it is held."""
    request = await gateway.pending()
    answer = await gateway.clicks(request.id)
    assert answer.refusal is None
    return await stored(gateway, request)


async def stored(gateway: GatewayInTest, request: ApprovalRequest) -> ApprovalRequest:
    found = await gateway.store.request(request.id)
    assert found is not None
    return found


async def test_an_approved_call_runs_when_its_hold_has_passed_and_not_before(
    gateway: GatewayInTest,
) -> None:
    call = gateway.asks()
    request = await held(gateway)
    assert request.is_pending
    assert request.held_until == gateway.clock.now() + 10 * SECOND

    await gateway.time_passes(10 * SECOND - SECOND / 1000)
    assert not call.done()
    await gateway.time_passes(SECOND / 1000)

    assert (await call).request_id == request.id
    ended = await stored(gateway, request)
    assert (ended.status, ended.cause, ended.ended_by) == (Status.APPROVED, Cause.PEOPLE, BOB)


async def test_what_several_people_approved_runs_when_its_hold_has_passed() -> None:
    both = HELD.replace("hold: 10s", "hold: 10s, quorum: [{of: sre, count: 2}]")
    async with a_gateway(policy=both) as gateway:
        call = gateway.asks()
        request = await gateway.pending()
        for person in (BOB, CAROL):
            await gateway.clicks(request.id, person)
        assert (await stored(gateway, request)).held_until is not None

        await gateway.time_passes(10 * SECOND)

        assert (await call).request_id == request.id


async def test_the_seconds_to_stop_it_begin_when_it_is_stored_however_long_slack_took(
    gateway: GatewayInTest,
) -> None:
    call = gateway.asks()
    gateway.directory.meanwhile = lambda: gateway.clock.advance(9 * SECOND)
    request = await held(gateway)

    assert request.held_until == gateway.clock.now() + 10 * SECOND
    call.cancel()


async def test_stop_is_a_rejection_by_name(gateway: GatewayInTest) -> None:
    call = gateway.asks()
    request = await held(gateway)

    await gateway.clicks(request.id, CAROL, verdict=Verdict.REJECT)

    with pytest.raises(CallRejected) as raised:
        await call
    assert raised.value.outcome.by == CAROL
    await gateway.time_passes(timedelta(minutes=1))
    assert (await stored(gateway, request)).status is Status.REJECTED


async def test_who_approved_may_stop_it_and_so_may_the_requester_but_no_stranger(
    gateway: GatewayInTest,
) -> None:
    call = gateway.asks()
    request = await held(gateway)
    stranger = await gateway.clicks(request.id, "U0ERIN", verdict=Verdict.REJECT)  # type: ignore[arg-type]
    assert isinstance(stranger.refusal, errors.NotApprover)

    assert (await gateway.clicks(request.id, ALICE, verdict=Verdict.REJECT)).refusal is None

    with pytest.raises(CallRejected):
        await call


async def test_a_further_approval_is_told_that_it_is_held_and_changes_nothing(
    gateway: GatewayInTest, tmp_path: Path
) -> None:
    call = gateway.asks()
    request = await held(gateway)

    for person in (CAROL, BOB):
        answer = await gateway.clicks(request.id, person)
        assert isinstance(answer.refusal, AlreadyHeld)

    assert (await stored(gateway, request)).held_until == request.held_until
    assert len(recorded(tmp_path / "sayso.db", "decision.duplicate")) == 2
    call.cancel()


async def test_a_hold_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "sayso.db"
    async with a_gateway(path, policy=HELD) as gateway:
        call = gateway.asks(key="K1")
        request = await held(gateway)
        call.cancel()
        now = gateway.clock.now()

    async with a_gateway(path, policy=HELD) as gateway:
        gateway.clock.at = now
        again = gateway.asks(key="K1")
        await gateway.settled()
        assert not again.done()
        await gateway.time_passes(10 * SECOND)
        assert (await again).request_id == request.id


@pytest.mark.parametrize("stop_first", [True, False])
async def test_stop_and_the_end_of_the_hold_at_once_give_one_ending(
    gateway: GatewayInTest, tmp_path: Path, stop_first: bool
) -> None:
    call = gateway.asks()
    request = await held(gateway)
    gateway.clock.advance(10 * SECOND)
    ends = gateway.time_passes(timedelta(0))
    stops = gateway.clicks(request.id, CAROL, verdict=Verdict.REJECT)

    await asyncio.gather(*((stops, ends) if stop_first else (ends, stops)))

    assert len(endings(tmp_path / "sayso.db", request.id)) == 1
    await asyncio.gather(call, return_exceptions=True)


async def test_the_timeout_waits_for_what_was_answered_in_time(gateway: GatewayInTest) -> None:
    call = gateway.asks()
    request = await gateway.pending()
    gateway.clock.at = request.expires_at - SECOND
    await gateway.clicks(request.id)

    await gateway.time_passes(2 * SECOND)
    assert (await stored(gateway, request)).is_pending
    await gateway.time_passes(8 * SECOND)

    assert (await call).request_id == request.id


async def test_the_longest_hold_of_all_rules_counts_then_and_now(tmp_path: Path) -> None:
    rules = HELD + '      - {tool: "restart_service", effect: ask, hold: 20s}\n'
    async with a_gateway(policy=rules) as gateway:
        call = gateway.asks()
        request = await gateway.pending()
        assert request.requirement.terms.to_json()["hold_s"] == 20
        gateway.policies.append(a_policy(rules.replace("hold: 20s", "hold: 30s")))
        await gateway.clicks(request.id)

        assert (await stored(gateway, request)).held_until == gateway.clock.now() + 30 * SECOND
        call.cancel()


async def test_a_freeze_at_the_end_voids_the_hold_and_the_call_waits_for_people_again(
    gateway: GatewayInTest, tmp_path: Path
) -> None:
    call = gateway.asks()
    request = await held(gateway)
    await frozen(gateway)
    await gateway.time_passes(10 * SECOND)
    void = await stored(gateway, request)
    assert void.is_pending
    assert void.held_until is None
    await lifted(gateway)

    await gateway.clicks(request.id)
    await gateway.time_passes(10 * SECOND)

    assert (await call).request_id == request.id
    (event,) = recorded(tmp_path / "sayso.db", "request.hold_voided")
    assert event["why"] == "frozen"


async def test_a_freeze_at_the_end_that_leaves_no_time_to_approve_again_is_told_as_that(
    gateway: GatewayInTest,
) -> None:
    call = gateway.asks()
    request = await gateway.pending()
    gateway.clock.at = request.expires_at - SECOND
    await gateway.clicks(request.id)
    await frozen(gateway, reason="a bad deploy")

    await gateway.time_passes(10 * SECOND)

    with pytest.raises(CallFrozen, match="a bad deploy"):
        await call


async def test_who_lost_the_right_meanwhile_does_not_count_at_the_end(
    gateway: GatewayInTest,
) -> None:
    call = gateway.asks()
    request = await held(gateway)
    gateway.policies.append(a_policy(HELD.replace("U0BOB, U0CAROL", "U0CAROL")))
    await gateway.time_passes(10 * SECOND)
    assert (await stored(gateway, request)).held_until is None

    await gateway.clicks(request.id, CAROL)
    await gateway.time_passes(10 * SECOND)

    assert (await call).request_id == request.id


async def test_what_the_policy_denies_by_then_is_closed(gateway: GatewayInTest) -> None:
    call = gateway.asks()
    await held(gateway)
    gateway.policies.append(a_policy(POLICY.replace(ASKS, "effect: deny")))

    await gateway.time_passes(10 * SECOND)

    with pytest.raises(CallDenied):
        await call


async def test_while_slack_cannot_say_who_may_approve_nothing_runs(gateway: GatewayInTest) -> None:
    call = gateway.asks()
    request = await held(gateway)
    gateway.directory.is_down = True
    await gateway.time_passes(10 * SECOND)
    assert (await stored(gateway, request)).held_until is not None
    gateway.directory.is_down = False

    await gateway.time_passes(ASKS_AGAIN_AFTER)

    assert (await call).request_id == request.id


async def test_a_hold_nobody_can_judge_for_too_long_is_void(gateway: GatewayInTest) -> None:
    call = gateway.asks()
    request = await held(gateway)
    gateway.directory.is_down = True

    await gateway.time_passes(10 * SECOND + UNCERTAIN_FOR)

    void = await stored(gateway, request)
    assert void.is_pending
    assert void.held_until is None
    call.cancel()


async def test_the_card_counts_down_and_then_shows_what_was_decided(
    gateway: GatewayInTest,
) -> None:
    call = gateway.asks()
    await held(gateway)
    await gateway.delivered()
    drawn = len(gateway.messenger.updates)

    for _ in range(10):
        await gateway.time_passes(SECOND)

    counted = gateway.messenger.updates[drawn:]
    assert [each.request.is_pending for each in counted] == [True, True, True, False]
    await call
