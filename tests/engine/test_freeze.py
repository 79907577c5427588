"""A freeze: what it refuses, what goes on, and how it ends. The kill switch (case X10)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.domain import errors, freeze_errors
from approvals.domain.approval_request import Status
from approvals.domain.decision import Verdict
from approvals.domain.freeze import ALL, FREEZE_MAX
from approvals.domain.ids import ChannelId, RequestId
from approvals.domain.permit import PermitState
from approvals.gate.exceptions import CallDenied, CallFrozen, CallPaused, CallRejected, CallTimedOut
from approvals.operations.freeze_copy import REFRESH_EVERY_S, STALE_AFTER_S, watch_freezes
from approvals.operations.read_card import read_cards
from tests.engine.freezing import (
    BY_CAROL,
    all_told,
    frozen,
    frozen_right_after,
    lifted,
)
from tests.engine.gateway_in_test import OPS, POLICY, GatewayInTest, a_gateway, proposal
from tests.fakes.people import FakeFreezeMessenger
from tests.security.evidence import recorded
from tests.waiting import until

ELSEWHERE = ChannelId("C0ELSEWHERE")
TWO_CHANNELS = POLICY + '  "#web": {id: C0WEB, approvers: [sre]}\n'


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[GatewayInTest]:
    async with a_gateway(tmp_path / "sayso.db", policy=TWO_CHANNELS) as gateway:
        yield gateway


async def test_x10_a_frozen_call_that_would_ask_asks_nobody_and_is_told_so(
    gateway: GatewayInTest, tmp_path: Path
) -> None:
    await frozen(gateway, reason="a bad deploy")

    with pytest.raises(CallFrozen, match="did not run") as raised:
        await gateway.asks()

    outcome = raised.value.outcome
    assert (outcome.reason, outcome.by) == ("a bad deploy", BY_CAROL.user)
    await gateway.delivered()
    assert gateway.messenger.posts == []
    (ended,) = recorded(tmp_path / "sayso.db", "request.cancelled")
    assert ended["cause"] == "frozen"


async def test_x10_a_frozen_call_that_a_rule_allows_does_not_run_and_is_audited(
    gateway: GatewayInTest, tmp_path: Path
) -> None:
    assert gateway.gateway.admit(proposal("read_logs")) is not None
    await frozen(gateway)

    with pytest.raises(CallFrozen, match="a bad deploy"):
        gateway.gateway.admit(proposal("read_logs"))

    await lifted(gateway)
    assert gateway.gateway.admit(proposal("read_logs")) is not None
    await gateway.call_log.flush(gateway.desk)
    assert len(recorded(tmp_path / "sayso.db", "call.allowed")) == 2
    assert len(recorded(tmp_path / "sayso.db", "call.frozen")) == 1


async def test_a_denied_call_stays_denied_in_a_freeze(gateway: GatewayInTest) -> None:
    await frozen(gateway)

    with pytest.raises(CallDenied):
        gateway.gateway.admit(proposal("drop_table"))


@pytest.mark.parametrize("audit", ["", ", audit: strict"])
async def test_a_freeze_holds_for_allowed_calls_that_are_written_one_by_one(audit: str) -> None:
    policy = POLICY.replace('"read_*", effect: allow', f'"read_*", effect: allow{audit}')
    async with a_gateway(policy=policy) as gateway:
        gateway.clock.watch.at_s += STALE_AFTER_S  # nothing is allowed by an old copy
        assert gateway.gateway.admit(proposal("read_logs")) is None
        assert (await gateway.asks("read_logs")).request_id is None
        await frozen(gateway)

        with pytest.raises(CallFrozen):
            await gateway.asks("read_logs")


async def test_an_old_copy_allows_nothing_by_itself(gateway: GatewayInTest) -> None:
    gateway.clock.watch.at_s += STALE_AFTER_S - 0.01
    assert gateway.gateway.admit(proposal("read_logs")) is not None
    gateway.clock.watch.at_s += 0.01

    assert gateway.gateway.admit(proposal("read_logs")) is None


async def test_what_another_process_froze_is_found_within_the_second(
    gateway: GatewayInTest,
) -> None:
    # Written beside this store, whose listeners hear nothing of it.
    await frozen(gateway)
    gateway.freezes._take({})
    watching = asyncio.create_task(watch_freezes(gateway.freezes))
    await until(lambda: bool(gateway.freezes.in_force()))
    watching.cancel()

    assert REFRESH_EVERY_S < 1
    with pytest.raises(CallFrozen):
        gateway.gateway.admit(proposal("read_logs"))


async def test_approving_is_refused_and_the_question_stays(gateway: GatewayInTest) -> None:
    call = gateway.asks()
    request = await gateway.pending()
    await frozen(gateway)

    answer = await gateway.clicks(request.id)

    assert isinstance(answer.refusal, errors.Frozen)
    assert (await gateway.store.request(request.id)).is_pending  # type: ignore[union-attr]
    await lifted(gateway)
    assert (await gateway.clicks(request.id)).refusal is None
    assert (await call).request_id == request.id


async def test_rejecting_and_time_go_on_in_a_freeze(gateway: GatewayInTest) -> None:
    first, request = gateway.asks(), await gateway.pending()
    await frozen(gateway)
    await gateway.clicks(request.id, verdict=Verdict.REJECT)
    with pytest.raises(CallRejected):
        await first
    await lifted(gateway)
    second = gateway.asks(arguments={"service": "db"})
    await gateway.pending()
    await frozen(gateway)

    await gateway.time_passes(timedelta(minutes=5))

    with pytest.raises(CallTimedOut):
        await second


async def test_x10_an_approved_call_is_not_begun_in_a_freeze_and_its_approval_ends_with_its_caller(
    gateway: GatewayInTest,
) -> None:
    call = gateway.asks()
    await frozen_right_after(gateway, request := await gateway.pending())

    with pytest.raises(CallFrozen):
        await call

    await gateway.settled()
    assert await permit_state(gateway, request.id) is PermitState.LAPSED


async def test_who_can_come_back_keeps_the_approval_and_its_time_goes_on(
    gateway: GatewayInTest,
) -> None:
    call = gateway.asks(key="K1")
    await frozen_right_after(gateway, request := await gateway.pending())
    with pytest.raises(CallFrozen):
        await call

    await lifted(gateway)
    gateway.clock.advance(timedelta(minutes=15))

    again = gateway.asks(key="K1")
    asked = await gateway.pending()
    assert (asked.earlier, asked.ask_number) == (request.id, 2)  # permit_ttl ran from the refusal
    again.cancel()


async def test_a_run_whose_call_was_approved_waits_for_the_end_of_the_freeze(
    gateway: GatewayInTest,
) -> None:
    also: dict[str, Any] = {"key": "K1", "pauses": True, "run_id": "RUN1"}
    with pytest.raises(CallPaused):
        await gateway.asks(**also)
    request = await gateway.pending()
    await gateway.clicks(request.id)
    await frozen(gateway)

    with pytest.raises(CallPaused):
        await gateway.asks(**also)

    await lifted(gateway)
    assert (await gateway.asks(**also)).request_id == request.id


async def test_what_runs_already_is_reported_in_a_freeze(gateway: GatewayInTest) -> None:
    call = gateway.asks()
    request = await gateway.pending()
    await gateway.clicks(request.id)
    clearance = await call
    await frozen(gateway)

    await gateway.gateway.report(clearance, succeeded=True, result="done")

    assert await permit_state(gateway, request.id) is PermitState.SUCCEEDED


async def test_a_question_refused_by_a_freeze_is_asked_under_its_key_afterwards(
    gateway: GatewayInTest,
) -> None:
    await frozen(gateway)
    with pytest.raises(CallFrozen):
        await gateway.asks(key="K1")
    await lifted(gateway)

    call = gateway.asks(key="K1")

    assert (await gateway.pending()).ask_number == 2
    call.cancel()


@pytest.mark.parametrize(("scope", "refused"), [(OPS, True), (ALL, True), ("C0WEB", False)])
async def test_a_freeze_of_a_channel_is_about_that_channel(
    gateway: GatewayInTest, scope: str, refused: bool
) -> None:
    await frozen(gateway, scope)

    if refused:
        with pytest.raises(CallFrozen):
            gateway.gateway.admit(proposal("read_logs"))
    else:
        assert gateway.gateway.admit(proposal("read_logs")) is not None


async def test_a_freeze_also_holds_for_what_only_shows_its_card_there(
    gateway: GatewayInTest,
) -> None:
    await frozen(gateway, ELSEWHERE)

    with pytest.raises(CallFrozen):
        gateway.gateway.admit(proposal("read_logs", card_channel=ELSEWHERE))


async def test_a_freeze_for_a_time_ends_by_itself(gateway: GatewayInTest, tmp_path: Path) -> None:
    told = FakeFreezeMessenger()
    await frozen(gateway, OPS, lasts=timedelta(hours=2))
    await all_told(gateway, told)
    gateway.clock.advance(timedelta(hours=2) - timedelta(seconds=1))
    with pytest.raises(CallFrozen):
        gateway.gateway.admit(proposal("read_logs"))

    gateway.clock.advance(timedelta(seconds=1))

    assert gateway.gateway.admit(proposal("read_logs")) is not None
    await all_told(gateway, told)
    (ended,) = recorded(tmp_path / "sayso.db", "freeze.ended")
    assert (ended["by"], ended["after_s"]) == (None, 7200)
    assert [freeze.ended_at is None for _, freeze in told.told] == [True, False]


async def test_x10_a_freeze_survives_a_restart_and_its_end_is_told_by_the_next_gateway(
    tmp_path: Path,
) -> None:
    path, told = tmp_path / "sayso.db", FakeFreezeMessenger()
    async with a_gateway(path) as gateway:
        await frozen(gateway, OPS, lasts=timedelta(hours=1))
        await all_told(gateway, told)

    async with a_gateway(path) as gateway:
        with pytest.raises(CallFrozen):
            gateway.gateway.admit(proposal("read_logs"))
        gateway.clock.advance(timedelta(hours=1))
        await all_told(gateway, told)

    assert [freeze.ended_at is None for _, freeze in told.told] == [True, False]


async def test_each_channel_is_told_once_of_a_freeze_of_everything_and_of_its_end(
    gateway: GatewayInTest,
) -> None:
    told = FakeFreezeMessenger()
    await frozen(gateway)
    await all_told(gateway, told)
    await all_told(gateway, told)
    await lifted(gateway)
    await all_told(gateway, told)

    assert [channel for channel, _ in told.told] == ["C0OPS", "C0WEB", "C0OPS", "C0WEB"]
    assert told.told[-1][1].ended_by == BY_CAROL


async def test_the_card_of_a_waiting_question_tells_of_the_freeze_and_of_its_end(
    gateway: GatewayInTest,
) -> None:
    call, told = gateway.asks(), FakeFreezeMessenger()
    request = await gateway.pending()
    made = await frozen(gateway, OPS)
    await all_told(gateway, told)
    shown = gateway.messenger.updates[-1]

    await lifted(gateway, OPS)
    await all_told(gateway, told)

    assert (shown.request.id, shown.freeze) == (request.id, made)
    assert gateway.messenger.updates[-1].freeze is None
    call.cancel()


async def test_a_freeze_that_was_lifted_before_anybody_was_told_is_not_told(
    gateway: GatewayInTest,
) -> None:
    told = FakeFreezeMessenger()
    await frozen(gateway)
    await lifted(gateway)

    await all_told(gateway, told)

    assert told.told == []


async def test_freezing_again_puts_the_new_reason_in_place_of_the_old(
    gateway: GatewayInTest, tmp_path: Path
) -> None:
    await frozen(gateway, reason="first", lasts=timedelta(minutes=1))
    await frozen(gateway, reason="second")
    gateway.clock.advance(timedelta(hours=1))

    with pytest.raises(CallFrozen, match="second"):
        gateway.gateway.admit(proposal("read_logs"))
    started = recorded(tmp_path / "sayso.db", "freeze.started")
    assert [event["reason"] for event in started] == ["first", "second"]


async def test_lifting_what_is_not_frozen_says_what_is(gateway: GatewayInTest) -> None:
    with pytest.raises(freeze_errors.NotFrozen, match="no such freeze"):
        await lifted(gateway)
    await frozen(gateway)
    with pytest.raises(freeze_errors.NotFrozen, match="unfreeze all"):
        await lifted(gateway, OPS)
    await lifted(gateway)
    await frozen(gateway, OPS)
    with pytest.raises(freeze_errors.NotFrozen, match="single channels"):
        await lifted(gateway)


@pytest.mark.parametrize("reason", ["", "  \n ", "\u200b\u2060"])
async def test_a_freeze_needs_a_reason(gateway: GatewayInTest, reason: str) -> None:
    with pytest.raises(freeze_errors.FreezeNeedsReason):
        await frozen(gateway, reason=reason)

    assert gateway.gateway.admit(proposal("read_logs")) is not None


async def test_a_freeze_nobody_would_remember_is_refused(gateway: GatewayInTest) -> None:
    with pytest.raises(freeze_errors.FreezeTooLong):
        await frozen(gateway, lasts=FREEZE_MAX + timedelta(seconds=1))


async def permit_state(gateway: GatewayInTest, request_id: RequestId) -> PermitState:
    (content, *_) = await read_cards(gateway.desk, request_id)
    assert content.request.status is Status.APPROVED
    assert content.permit is not None
    return content.permit.state
