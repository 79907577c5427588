"""Runs that are cancelled, interrupted, or left by a process that died."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.domain import errors, run_errors
from approvals.domain.approval_request import Cause, Status
from approvals.domain.decision import Verdict
from approvals.domain.ids import RequestId, UserId
from approvals.domain.permit import PermitState, Settlement
from approvals.domain.run import Run, RunCause, RunStatus
from approvals.domain.run_lifecycle import RunEvent, advance_run
from approvals.gate.exceptions import CallAlreadyRan, CallPaused, CallUnknown
from approvals.gate.gateway import Clearance, ToolTraits
from approvals.operations.cancel_run import cancel_run
from approvals.operations.claim_permit import claim_permit
from approvals.operations.click import Answer
from approvals.operations.pause_run import pause_run
from approvals.operations.ports import Transaction, Undeliverable
from approvals.operations.recover import recover
from approvals.operations.send_follow_ups import send_follow_ups
from approvals.operations.settle_call import settle_call
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_gateway, a_policy, proposal
from tests.engine.runs_in_test import RunsInTest
from tests.fakes.people import ALICE, BOB, CAROL, TEAM

MALLORY = UserId("U0MALLORY")


async def paused_run(runs: RunsInTest) -> tuple[Run, RequestId]:
    run = await runs.started()
    await runs.taken()
    paused = await runs.calls(run)
    assert isinstance(paused, CallPaused)
    await pause_run(runs.gateway.desk, run.id, [paused.request_id])
    await runs.delivered()
    return run, paused.request_id


async def settles(
    gateway: GatewayInTest, request_id: RequestId, settlement: Settlement, user: UserId = BOB
) -> Answer:
    click = await gateway.click_of(request_id, user, verdict=Verdict.REJECT)
    return await settle_call(gateway.desk, click, settlement)


@pytest.mark.parametrize("person", [ALICE, BOB], ids=["starter", "approver"])
async def test_starter_and_approvers_cancel_a_paused_run_with_what_it_asks(
    person: UserId,
) -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        run, request_id = await paused_run(runs)

        ended = await cancel_run(gateway.desk, run.id, person=person, team=TEAM)

        request = await gateway.store.request(request_id)
        assert (ended.status, ended.cause, ended.ended_by) == (
            RunStatus.CANCELLED,
            RunCause.PERSON,
            person,
        )
        assert request is not None
        assert (request.status, request.cause) == (Status.CANCELLED, Cause.REQUESTER)


async def test_a_member_who_neither_started_it_nor_approves_here_cannot_cancel_it() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        run, _ = await paused_run(runs)

        with pytest.raises(errors.TaskNotAllowed):
            await cancel_run(gateway.desk, run.id, person=MALLORY, team=TEAM)

        assert (await runs.read(run.id)).status is RunStatus.PAUSED


async def test_f20_a_cancelled_run_asks_nothing_more_and_an_approval_of_it_runs_nothing() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        run, request_id = await paused_run(runs)
        await gateway.clicks(request_id)
        await cancel_run(gateway.desk, run.id, person=ALICE, team=TEAM)

        with pytest.raises(Exception, match="ended already"):
            await runs.calls(run, call_id="c2")

        permit = await gateway.store.write(lambda tx: tx.permit(request_id))
        assert permit is not None
        assert permit.state is PermitState.LAPSED
        with pytest.raises(run_errors.RunEnded):
            await cancel_run(gateway.desk, run.id, person=ALICE, team=TEAM)


async def interrupted(place: Path, tool: str = "restart_service") -> tuple[Run, RequestId]:
    """Leave a run whose process died while the body of its call ran."""
    async with a_gateway(place / "sayso.db", owner="dead") as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        await runs.taken()
        first = await runs.calls(run, tool)
        if isinstance(first, CallPaused):
            await runs.delivered()
            await gateway.clicks(first.request_id)
            first = await runs.calls(run, tool)
        assert isinstance(first, Clearance)
        assert first.request_id is not None
        return run, first.request_id


@asynccontextmanager
async def next_life(place: Path) -> AsyncIterator[GatewayInTest]:
    """Start the next gateway there; it has found what the dead one left."""
    async with a_gateway(place / "sayso.db", owner="next") as gateway:
        await recover(gateway.desk)
        yield gateway


@pytest.mark.parametrize("tool", ["restart_service", "read_status"], ids=["asked", "allowed"])
async def test_f2_a_call_interrupted_by_a_crash_pauses_its_run_until_a_person_says_more(
    tmp_path: Path, tool: str
) -> None:
    run, request_id = await interrupted(tmp_path, tool)

    async with next_life(tmp_path) as gateway:
        runs = RunsInTest(gateway)
        await runs.delivered()
        taken = await runs.taken()
        paused = await runs.calls(run, tool)
        assert isinstance(paused, CallPaused)
        await pause_run(gateway.desk, run.id, [paused.request_id])
        await runs.delivered()

        assert taken is not None
        assert (paused.request_id, paused.is_interrupted) == (request_id, True)
        assert runs.resumable == []


async def test_an_interrupted_call_that_happened_is_told_so_and_not_repeated(
    tmp_path: Path,
) -> None:
    run, request_id = await interrupted(tmp_path)

    async with next_life(tmp_path) as gateway:
        runs = RunsInTest(gateway)
        await runs.delivered()
        await runs.taken()
        await pause_run(gateway.desk, run.id, [request_id])
        answer = await settles(gateway, request_id, Settlement.HAPPENED)
        await runs.delivered()
        taken = await runs.taken()

        assert answer.refusal is None
        assert taken is not None
        with pytest.raises(CallAlreadyRan, match="it did happen"):
            await runs.calls(run)


async def test_giving_up_an_interrupted_call_tells_the_agent_that_nobody_knows(
    tmp_path: Path,
) -> None:
    run, request_id = await interrupted(tmp_path)

    async with next_life(tmp_path) as gateway:
        await settles(gateway, request_id, Settlement.GAVE_UP, ALICE)

        with pytest.raises(CallUnknown):
            await RunsInTest(gateway).calls(run)


async def test_running_an_interrupted_call_again_asks_again_and_runs_nothing_by_itself(
    tmp_path: Path,
) -> None:
    run, request_id = await interrupted(tmp_path)

    async with next_life(tmp_path) as gateway:
        runs = RunsInTest(gateway)
        await runs.delivered()
        await runs.taken()
        await settles(gateway, request_id, Settlement.AGAIN)
        paused = await runs.calls(run)

        assert isinstance(paused, CallPaused)
        asked = await gateway.store.request(paused.request_id)
        assert asked is not None
        assert (asked.earlier, asked.ask_number, asked.status) == (
            request_id,
            2,
            Status.PENDING,
        )


async def test_a_stranger_and_a_second_person_cannot_settle_a_call(tmp_path: Path) -> None:
    _, request_id = await interrupted(tmp_path)

    async with next_life(tmp_path) as gateway:
        stranger = await settles(gateway, request_id, Settlement.HAPPENED, MALLORY)
        first = await settles(gateway, request_id, Settlement.GAVE_UP, BOB)
        second = await settles(gateway, request_id, Settlement.AGAIN, CAROL)

        assert isinstance(stranger.refusal, errors.NotApprover)
        assert first.refusal is None
        assert isinstance(second.refusal, run_errors.AlreadySettled)


async def test_f2_an_idempotent_tool_is_claimed_again_by_its_run_with_the_same_key(
    tmp_path: Path,
) -> None:
    run, request_id = await interrupted(tmp_path)

    async with next_life(tmp_path) as gateway:
        again = await gateway.gateway.ask(
            proposal(
                run_id=run.id,
                key=f"{run.id}:m1:c1",
                tool_call_id="c1",
                pauses=True,
                traits=ToolTraits(idempotent=True),
            )
        )

        permit = await gateway.store.write(lambda tx: tx.permit(request_id))
        assert again.request_id == request_id
        assert permit is not None
        assert (permit.state, permit.attempt) == (PermitState.CLAIMED, 2)


async def test_a_run_left_running_by_a_dead_process_goes_on_in_the_next(tmp_path: Path) -> None:
    async with a_gateway(tmp_path / "sayso.db", owner="dead") as gateway:
        runs = RunsInTest(gateway)
        run = await runs.started()
        gateway.clock.advance(timedelta(seconds=7))
        await runs.taken()

    async with next_life(tmp_path) as gateway:
        runs = RunsInTest(gateway)
        await runs.delivered()
        taken = await runs.taken()

        assert taken is not None
        assert (taken.run.id, taken.run.owner) == (run.id, "next")


async def test_rows_that_cannot_be_read_stop_no_other_from_being_settled_at_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "sayso.db"
    async with a_gateway(path, owner="dead") as gateway:
        runs = RunsInTest(gateway)
        calls = []
        for number in range(2):
            run = await runs.started()
            await runs.taken()
            cleared = await runs.calls(run, "read_logs", call_id=f"c{number}")
            assert isinstance(cleared, Clearance)
            calls.append((run.id, cleared.request_id))
    (bad_run, bad_request), (run_id, request_id) = calls
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE run SET status = 'running', cause = '?' WHERE id = ?", [bad_run])
        connection.execute(
            "UPDATE approval_request SET requirement = '{' WHERE id = ?", [bad_request]
        )

    async with a_gateway(path, owner="next") as gateway:
        assert await recover(gateway.desk) == 2
        permit = await gateway.store.write(lambda tx: tx.permit(RequestId(str(request_id))))
        run = await RunsInTest(gateway).read(run_id)

    assert permit is not None
    assert permit.state is PermitState.UNKNOWN
    assert run.status is RunStatus.PAUSED
    assert f"The row of {bad_run} cannot be read" in caplog.text
    assert f"Request {bad_request} cannot be read" in caplog.text


async def test_nothing_of_a_run_that_ends_at_this_moment_is_claimed() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        run, request_id = await paused_run(runs)
        await gateway.clicks(request_id)
        request = await gateway.store.request(request_id)
        assert request is not None

        def ends(tx: Transaction) -> None:
            """Store the end alone, as whoever claims at the same moment may see it."""
            ended = advance_run(
                run, RunEvent.CANCEL, now=run.created_at, cause=RunCause.PERSON, by=ALICE
            )
            tx.save_run(ended.run)

        run = await runs.read(run.id)
        await gateway.store.write(ends)

        with pytest.raises(run_errors.RunEnded):
            await claim_permit(gateway.desk, request_id, digest=request.call.digest)


async def test_a_run_that_times_out_waiting_goes_on_with_that() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        _, request_id = await paused_run(runs)

        gateway.clock.advance(timedelta(minutes=6))
        await send_follow_ups(gateway.desk)
        await runs.delivered()

        request = await gateway.store.request(request_id)
        assert request is not None
        assert request.status is Status.TIMED_OUT
        assert len(runs.resumable) == 1


async def test_the_starter_stops_a_run_whatever_became_of_its_channel_and_the_directory() -> None:
    async with a_gateway() as gateway:
        runs = RunsInTest(gateway)
        run, _ = await paused_run(runs)
        gateway.policies.append(a_policy(POLICY.replace("C0OPS", "C0OTHER")))
        gateway.directory.is_down = True

        with pytest.raises(errors.Refusal):
            await cancel_run(gateway.desk, run.id, person=BOB, team=TEAM)
        ended = await cancel_run(gateway.desk, run.id, person=ALICE, team=TEAM)

        assert ended.status is RunStatus.CANCELLED


async def test_the_card_of_an_interrupted_call_is_tried_until_slack_takes_it(
    tmp_path: Path,
) -> None:
    _, request_id = await interrupted(tmp_path, "read_status")

    async with next_life(tmp_path) as gateway:
        runs = RunsInTest(gateway)
        gateway.messenger.trouble = Undeliverable("is_archived")
        await runs.delivered()
        gateway.messenger.trouble = None
        gateway.clock.advance(timedelta(minutes=5))
        await runs.delivered()

        assert [content.request.id for content in gateway.messenger.posts] == [request_id]
