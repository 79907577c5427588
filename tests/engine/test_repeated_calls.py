"""When a call of a run may be run, or asked, a second time – and when it may not."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.domain import run_errors
from approvals.domain.approval_request import Status
from approvals.domain.ids import RequestId
from approvals.domain.permit import PermitState, Settlement
from approvals.domain.run import Run
from approvals.gate.exceptions import (
    CallAlreadyRan,
    CallDenied,
    CallPaused,
    CallRefused,
    CallUndeliverable,
    CallUnknown,
)
from approvals.gate.gateway import Clearance, ToolTraits
from approvals.operations.cancel_run import cancel_run
from approvals.operations.pause_run import pause_run
from approvals.operations.ports import Undeliverable
from approvals.operations.release_permit import release_permit
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_gateway, a_policy, proposal
from tests.engine.runs_in_test import RunsInTest
from tests.engine.test_ended_runs import interrupted, next_life, settles
from tests.fakes.people import ALICE, TEAM

IDEMPOTENT = ToolTraits(idempotent=True)


async def enters(
    gateway: GatewayInTest, run: Run, tool: str = "restart_service", **also: Any
) -> Clearance | CallPaused:
    """Let the call of *run* be entered again, as a resume does."""
    key = f"{run.id}:m1:c1"
    asked = proposal(tool, run_id=run.id, key=key, tool_call_id="c1", pauses=True, **also)
    try:
        return await gateway.gateway.ask(asked)
    except CallPaused as paused:
        return paused


@pytest.mark.parametrize(
    ("settlement", "ending"),
    [(Settlement.HAPPENED, CallAlreadyRan), (Settlement.GAVE_UP, CallUnknown)],
)
async def test_f2_what_a_person_said_of_it_keeps_an_idempotent_call_from_running_again(
    tmp_path: Path, settlement: Settlement, ending: type[Exception]
) -> None:
    run, request_id = await interrupted(tmp_path)

    async with next_life(tmp_path) as gateway:
        await settles(gateway, request_id, settlement)

        with pytest.raises(ending):
            await enters(gateway, run, traits=IDEMPOTENT)


async def test_f2_an_idempotent_call_that_a_person_wants_again_is_asked_first(
    tmp_path: Path,
) -> None:
    run, request_id = await interrupted(tmp_path)

    async with next_life(tmp_path) as gateway:
        await settles(gateway, request_id, Settlement.AGAIN)
        entered = await enters(gateway, run, traits=IDEMPOTENT)

        assert isinstance(entered, CallPaused)
        assert entered.request_id != request_id


async def test_f2_no_idempotent_call_is_repeated_after_the_hard_end_of_its_approval(
    tmp_path: Path,
) -> None:
    run, request_id = await interrupted(tmp_path)

    async with next_life(tmp_path) as gateway:
        gateway.clock.advance(timedelta(days=30))
        entered = await enters(gateway, run, traits=IDEMPOTENT)

        assert isinstance(entered, CallPaused)
        assert (entered.request_id, entered.is_interrupted) == (request_id, True)


async def test_f2_a_call_only_a_rule_allowed_is_not_repeated_once_the_rule_is_gone(
    tmp_path: Path,
) -> None:
    run, request_id = await interrupted(tmp_path, "read_status")

    async with next_life(tmp_path) as gateway:
        gateway.policies.append(a_policy(POLICY.replace("effect: allow", "effect: deny")))
        entered = await enters(gateway, run, "read_status", traits=IDEMPOTENT)

        assert isinstance(entered, CallPaused)
        assert (entered.request_id, entered.is_interrupted) == (request_id, True)


async def test_f2_a_call_a_rule_allowed_asks_people_when_it_is_wanted_again(
    tmp_path: Path,
) -> None:
    run, request_id = await interrupted(tmp_path, "read_status")

    async with next_life(tmp_path) as gateway:
        await settles(gateway, request_id, Settlement.AGAIN, ALICE)
        entered = await enters(gateway, run, "read_status")

        assert isinstance(entered, CallPaused)
        asked = await gateway.store.request(entered.request_id)
        assert asked is not None
        assert (asked.status, asked.earlier) == (Status.PENDING, request_id)


async def test_f20_nothing_of_a_cancelled_run_is_claimed_and_its_cards_ask_no_more(
    tmp_path: Path,
) -> None:
    run, request_id = await interrupted(tmp_path)

    async with next_life(tmp_path) as gateway:
        await cancel_run(gateway.desk, run.id, person=ALICE, team=TEAM)

        with pytest.raises(CallRefused) as raised:
            await enters(gateway, run, traits=IDEMPOTENT)

        permit = await gateway.store.write(lambda tx: tx.permit(request_id))
        assert raised.value.outcome.code == run_errors.RunEnded.code
        assert permit is not None
        assert (permit.state, permit.settlement) == (PermitState.UNKNOWN, Settlement.GAVE_UP)


async def test_a_question_nobody_could_see_is_told_to_its_agent_once_and_not_asked_again() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        await runs.taken()
        gateway.messenger.trouble = Undeliverable("is_archived")
        paused = await enters(gateway, run)
        assert isinstance(paused, CallPaused)
        await runs.delivered()
        await pause_run(gateway.desk, run.id, [paused.request_id])
        await runs.delivered()

        for _ in range(3):
            with pytest.raises(CallUndeliverable):
                await enters(gateway, run)

        permits = await gateway.store.write(lambda tx: tx.requests_of_run(run.id))
        assert list(permits) == []


async def test_an_allowed_call_that_was_not_begun_asks_when_its_rule_asks_by_now() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        await runs.taken()
        cleared = await enters(gateway, run, "read_status")
        assert isinstance(cleared, Clearance)
        assert cleared.request_id is not None
        await release_permit(gateway.desk, cleared.request_id)
        gateway.policies.append(a_policy(POLICY.replace("effect: allow", "effect: ask")))

        entered = await enters(gateway, run, "read_status")

        assert isinstance(entered, CallPaused)
        assert await state_of(gateway, cleared.request_id) is PermitState.LAPSED


async def test_an_approved_call_that_was_not_begun_does_not_run_against_a_rule_of_now() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        await runs.taken()
        paused = await enters(gateway, run)
        assert isinstance(paused, CallPaused)
        await runs.delivered()
        await gateway.clicks(paused.request_id)
        gateway.policies.append(a_policy(POLICY.replace("effect: ask, risk: high", "effect: deny")))

        with pytest.raises(CallDenied):
            await enters(gateway, run)

        assert await state_of(gateway, paused.request_id) is PermitState.UNCLAIMED


async def test_a_claim_given_back_before_the_body_began_is_claimed_by_the_next() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        await runs.taken()
        paused = await enters(gateway, run)
        assert isinstance(paused, CallPaused)
        await runs.delivered()
        await gateway.clicks(paused.request_id)
        first = await enters(gateway, run)
        await release_permit(gateway.desk, paused.request_id)

        second = await enters(gateway, run)

        assert isinstance(first, Clearance)
        assert second == replace(first)
        permit = await gateway.store.write(lambda tx: tx.permit(paused.request_id))
        assert permit is not None
        assert (permit.state, permit.attempt) == (PermitState.CLAIMED, 2)


async def state_of(gateway: GatewayInTest, request_id: RequestId) -> PermitState | None:
    permit = await gateway.store.write(lambda tx: tx.permit(request_id))
    return permit.state if permit else None
