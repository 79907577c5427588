"""How long an approval may be used: `permit_ttl` from its delivery, `approved_for` at most."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.decision import Verdict
from approvals.domain.errors import NotApproved, PermitLapsed, RequestUnknown, StoreFull
from approvals.domain.ids import RequestId
from approvals.domain.permit import PermitState
from approvals.gate.exceptions import CallFrozen, CallPaused, CallRejected, CallUnavailable
from approvals.gate.gateway import Clearance
from approvals.operations.claim_permit import claim_permit
from tests.engine.freezing import frozen
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_gateway, proposal
from tests.fakes.clock import FakeClock
from tests.security.evidence import recorded

ASKS = "effect: ask, risk: high"
MINUTE = timedelta(minutes=1)


def with_rule(terms: str) -> str:
    return POLICY.replace(ASKS, f"{ASKS}, {terms}")


class FullStore:
    """A store whose disk is full."""

    async def write(self, _: Any) -> Any:
        raise StoreFull


async def looked_at(gateway: GatewayInTest, **also: Any) -> Clearance:
    """Come to the call as a run does that was resumed."""
    return await gateway.gateway.ask(proposal(key="RUN1/CALL1", pauses=True, **also))


async def approved(gateway: GatewayInTest) -> ApprovalRequest:
    with pytest.raises(CallPaused):
        await looked_at(gateway)
    request = await gateway.pending()
    await gateway.clicks(request.id)
    return request


async def permit_state(gateway: GatewayInTest, request: ApprovalRequest) -> PermitState:
    permit = await gateway.store.write(lambda tx: tx.permit(request.id))
    assert permit is not None
    return permit.state


@pytest.mark.parametrize(("waits", "runs"), [(2 * MINUTE - MINUTE / 60, True), (2 * MINUTE, False)])
async def test_c11_an_approval_that_reached_the_run_may_be_used_for_its_permit_ttl(
    waits: timedelta, runs: bool
) -> None:
    async with a_gateway(policy=with_rule("permit_ttl: 2m")) as gateway:
        request = await approved(gateway)
        gateway.clock.advance(timedelta(hours=1))  # nobody has told the run yet
        await looked_at(gateway, claims=False)

        gateway.clock.advance(waits)

        if runs:
            assert (await looked_at(gateway)).request_id == request.id
            return
        with pytest.raises(CallPaused):
            await looked_at(gateway)
        again = await gateway.pending()
        assert (again.earlier, again.ask_number) == (request.id, 2)
        assert await permit_state(gateway, request) is PermitState.LAPSED


@pytest.mark.parametrize(
    ("waits", "runs"), [(10 * MINUTE - MINUTE / 60, True), (10 * MINUTE, False)]
)
async def test_c11_approved_for_is_the_hard_end_also_for_a_run_that_never_heard(
    waits: timedelta, runs: bool
) -> None:
    async with a_gateway(policy=with_rule("approved_for: 10m")) as gateway:
        request = await approved(gateway)

        gateway.clock.advance(waits)

        if runs:
            assert (await looked_at(gateway)).request_id == request.id
            return
        with pytest.raises(CallPaused):
            await looked_at(gateway)
        assert (await gateway.pending()).earlier == request.id


async def test_only_what_was_approved_can_be_claimed() -> None:
    async with a_gateway() as gateway:
        call = gateway.asks()
        request = await gateway.pending()
        digest = request.call.digest

        with pytest.raises(RequestUnknown):
            await claim_permit(gateway.desk, RequestId("0" * 26), digest=digest)
        with pytest.raises(NotApproved):
            await claim_permit(gateway.desk, request.id, digest=digest)
        await gateway.clicks(request.id, verdict=Verdict.REJECT)
        with pytest.raises(NotApproved):
            await claim_permit(gateway.desk, request.id, digest=digest)
        with pytest.raises(CallRejected):
            await call


async def test_claiming_what_has_lapsed_is_told_as_that_however_often_it_is_tried() -> None:
    async with a_gateway(policy=with_rule("approved_for: 10m")) as gateway:
        request = await approved(gateway)
        gateway.clock.advance(10 * MINUTE)

        for _ in range(2):
            with pytest.raises(PermitLapsed):
                await claim_permit(gateway.desk, request.id, digest=request.call.digest)


async def test_looking_again_does_not_make_an_approval_last_longer() -> None:
    async with a_gateway(policy=with_rule("permit_ttl: 2m")) as gateway:
        await approved(gateway)
        await looked_at(gateway, claims=False)
        gateway.clock.advance(MINUTE)
        await looked_at(gateway, claims=False)
        gateway.clock.advance(MINUTE)

        with pytest.raises(CallPaused):
            await looked_at(gateway, claims=False)


@pytest.mark.parametrize("key", ["permit_ttl", "approved_for"])
@pytest.mark.parametrize(
    "place",
    [
        pytest.param(('"#ops", unmatched', '"#ops", {terms}, unmatched'), id="defaults"),
        pytest.param(("    timeout: 5m\n", "    timeout: 5m\n    {terms}\n"), id="channel"),
    ],
)
async def test_the_channel_and_the_defaults_may_say_it_too(
    key: str, place: tuple[str, str]
) -> None:
    old, new = place
    policy = POLICY.replace(old, new.replace("{terms}", f"{key}: 3m"))
    async with a_gateway(policy=policy) as gateway:
        await approved(gateway)
        await looked_at(gateway, claims=False)

        gateway.clock.advance(3 * MINUTE)

        with pytest.raises(CallPaused):
            await looked_at(gateway)


async def test_an_allowed_call_under_strict_audit_is_in_the_log_before_it_runs(
    tmp_path: Path,
) -> None:
    strict = POLICY.replace('"read_*", effect: allow', '"read_*", effect: allow, audit: strict')
    path = tmp_path / "sayso.db"
    async with a_gateway(path, policy=strict) as gateway:
        assert gateway.gateway.admit(proposal("read_logs")) is None

        clearance = await gateway.gateway.ask(proposal("read_logs"))

        assert clearance.request_id is None
        assert [event["tool"] for event in recorded(path, "call.allowed")] == ["read_logs"]


async def test_an_allowed_call_under_strict_audit_does_not_run_unrecorded() -> None:
    strict = POLICY.replace('"read_*", effect: allow', '"read_*", effect: allow, audit: strict')
    async with a_gateway(policy=strict) as gateway:
        object.__setattr__(gateway.desk, "store", FullStore())

        with pytest.raises(CallUnavailable):
            await gateway.gateway.ask(proposal("read_logs"))


DAY = timedelta(hours=24)


async def test_c11_the_card_of_an_approval_that_nobody_came_back_for_says_so_when_its_time_is_over(
    tmp_path: Path,
) -> None:
    hands = FakeClock()
    async with a_gateway(tmp_path / "rows.db", clock=hands) as gateway:
        request = await approved(gateway)
        await gateway.time_passes(DAY - MINUTE)
        before = await permit_state(gateway, request)
        await gateway.delivered()
        posted = gateway.messenger
    async with a_gateway(
        tmp_path / "rows.db", clock=hands, owner="next", messenger=posted
    ) as gateway:
        await gateway.time_passes(MINUTE)
        await gateway.delivered()

        assert before is PermitState.UNCLAIMED
        assert await permit_state(gateway, request) is PermitState.LAPSED
        permit = gateway.messenger.updates[-1].permit
        assert permit is not None
        assert permit.state is PermitState.LAPSED
        assert await gateway.store.next_due_at() is None
    assert len(recorded(tmp_path / "rows.db", "permit.lapsed")) == 1


async def test_what_a_freeze_kept_from_its_caller_lapses_with_its_permit_ttl_on_the_card() -> None:
    async with a_gateway(policy=with_rule("permit_ttl: 2m")) as gateway:
        request = await approved(gateway)
        await frozen(gateway)
        with pytest.raises(CallFrozen):
            await looked_at(gateway)

        await gateway.time_passes(2 * MINUTE)

        assert await permit_state(gateway, request) is PermitState.LAPSED


async def test_what_ran_in_time_or_was_given_back_and_ran_is_left_alone_by_the_clock() -> None:
    async with a_gateway() as gateway:
        request = await approved(gateway)
        clearance = await looked_at(gateway)
        await gateway.gateway.give_back(clearance)
        due_again = await gateway.store.next_due_at()
        await looked_at(gateway)
        due = await gateway.store.next_due_at()

        await gateway.time_passes(DAY)

        assert (due_again is not None, due) == (True, None)
        assert await permit_state(gateway, request) is PermitState.CLAIMED


async def test_what_its_run_heard_of_and_left_lapses_with_its_permit_ttl_on_the_card() -> None:
    async with a_gateway(policy=with_rule("permit_ttl: 2m")) as gateway:
        request = await approved(gateway)
        await looked_at(gateway, claims=False)

        await gateway.time_passes(2 * MINUTE)

        assert await permit_state(gateway, request) is PermitState.LAPSED
