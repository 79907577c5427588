"""Loops outlive what goes wrong in one turn: a slow read, a bad row, an unwritable text."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.approval_request import ApprovalRequest, Requester, Status
from approvals.domain.outcome import OutcomeKind
from approvals.domain.upkeep import LOOK_EVERY
from approvals.gate.exceptions import CallNotApproved
from approvals.operations.ask import Ask, new_request
from approvals.operations.deliver_outbox import take_jobs
from approvals.operations.reconcile import reconcile
from approvals.operations.record_calls import FLUSH_EVENTS, WAITING_MAX
from approvals.operations.recover import recover
from approvals.operations.submit_request import submit_request
from approvals.storage.clock import SystemClock
from bot.background import Sleeper, flush_calls
from tests.engine.freezing import frozen
from tests.engine.gateway_in_test import POLICY, GatewayInTest, a_gateway, a_policy, proposal
from tests.fakes.virtual_time import LoopClock, in_virtual_time
from tests.security.evidence import recorded

SHORT = POLICY.replace("timeout: 5m", "timeout: 2s")


@contextlib.asynccontextmanager
async def running(loop: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(loop)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class SlowToAnswer:
    """Answers `next_due_at` with what was true when it was asked."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def next_due_at(self) -> datetime | None:
        due_at: datetime | None = await self._store.next_due_at()
        await asyncio.sleep(0.5)
        return due_at


def test_a_deadline_stored_while_the_sleeper_reads_is_not_missed() -> None:
    async def scenario() -> timedelta:
        async with a_gateway(clock=LoopClock(), policy=SHORT) as gateway:
            object.__setattr__(gateway.desk, "store", SlowToAnswer(gateway.store))
            async with running(Sleeper(gateway.desk).run()):
                with pytest.raises(CallNotApproved):
                    await gateway.asks("first")
                await asyncio.sleep(0.1)
                asked_at = gateway.desk.clock.now()
                with pytest.raises(CallNotApproved):
                    await gateway.asks("second")
                return gateway.desk.clock.now() - asked_at

    assert in_virtual_time(scenario) < timedelta(seconds=5)


async def _status(path: Path, request: ApprovalRequest) -> str:
    def read() -> str:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            query = "SELECT status FROM approval_request WHERE id = ?"
            return str(connection.execute(query, (request.id,)).fetchone()[0])

    return await asyncio.to_thread(read)


def _spoil(path: Path, sql: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(sql)
        connection.commit()


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE approval_request SET requirement = '{}'",
        "UPDATE approval_request SET requirement = 'no json'",
        'UPDATE approval_request SET arguments_json = \'{"service":"all"}\'',
        "UPDATE approval_request SET created_at = 'yesterday'",
        "UPDATE card SET kind = 'none'",
    ],
)
async def test_a_damaged_row_stops_no_other_requests_timeout(
    tmp_path: Path, sql: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "sayso.db"
    policy = POLICY.replace("timeout: 5m", "timeout: 1s")
    async with a_gateway(path, policy=policy, clock=SystemClock()) as gateway:
        bad = gateway.asks("first")
        spoilt = await gateway.pending()
        _spoil(path, sql)
        good = gateway.asks("second")
        await gateway.settled()

        async with running(Sleeper(gateway.desk).run()) as sleeper:
            with pytest.raises(CallNotApproved):
                await asyncio.wait_for(good, 8)
            assert not sleeper.done()

        assert await _status(path, spoilt) == Status.PENDING
        assert "set aside" in caplog.text
        await gateway.gateway.close()
        await asyncio.gather(bad, return_exceptions=True)


async def test_damaged_rows_keep_no_other_question_from_being_withdrawn_at_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "sayso.db"
    async with a_gateway(path) as gateway:
        requests = [new_request(gateway.desk, a_question(number)) for number in range(3)]
        for request in requests:
            await submit_request(gateway.desk, request)
            gateway.clock.advance(timedelta(seconds=1))
        *bad, good = requests
        for request in bad:
            _spoil(path, f"UPDATE approval_request SET requirement = '' WHERE id = '{request.id}'")

        found = await gateway.store.write(lambda tx: tx.pending_without_key(limit=1))
        await recover(gateway.desk)

        assert [request.id for request in found] == [good.id]
        assert await _status(path, good) == Status.CANCELLED
    assert bad[0].id in caplog.text


def a_question(number: int) -> Ask:
    asked = proposal(arguments={"service": f"web-{number}"})
    requirement = a_policy().requirement(asked.call, channel="#ops")
    return Ask(call=asked.call, requirement=requirement, requester=asked.requester)


async def test_a_call_whose_agent_cannot_be_written_is_refused_and_harms_no_other(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sayso.db"
    async with a_gateway(path) as gateway:
        for name in ("bot \ud800", "bot \x00"):
            with pytest.raises(CallNotApproved) as refused:
                gateway.gateway.admit(proposal("read_x", requester=Requester(agent=name)))
            assert refused.value.outcome.kind is not OutcomeKind.APPROVED
        assert gateway.gateway.admit(proposal("read_y")) is not None

        assert await gateway.call_log.flush(gateway.desk) == 1

    assert [event["tool"] for event in recorded(path, "call.allowed")] == ["read_y"]


async def test_an_event_that_cannot_be_sealed_is_left_out_and_the_others_are_written(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "sayso.db"
    async with a_gateway(path) as gateway:
        now, desk = gateway.clock.now(), gateway.desk
        for tool in ("read_a", "read_b", "read_c"):
            asked = proposal(tool)
            requirement = desk.policy().requirement(asked.call)
            if tool == "read_b":
                requirement = replace(requirement, policy_version="\ud800")
            gateway.call_log.add(asked.call, requirement, requester=asked.requester, at=now)

        await gateway.call_log.flush(desk)

        assert len(gateway.call_log) == 0
        assert "'read_b' is left out of the audit log" in caplog.text
    assert [event["tool"] for event in recorded(path, "call.allowed")] == ["read_a", "read_c"]


async def test_a_flush_cancelled_at_shutdown_writes_no_event_twice(tmp_path: Path) -> None:
    path = tmp_path / "sayso.db"
    async with a_gateway(path) as gateway:
        for _ in range(3):
            gateway.gateway.admit(proposal("read_x"))
        flushing = asyncio.create_task(gateway.call_log.flush(gateway.desk))
        await asyncio.sleep(0)
        flushing.cancel()
        await asyncio.gather(flushing, return_exceptions=True)

        await gateway.call_log.flush(gateway.desk)

    assert len(recorded(path, "call.allowed")) == 3


def test_a_full_batch_is_written_without_waiting_for_its_second() -> None:
    async def scenario() -> float:
        async with (
            a_gateway(clock=LoopClock()) as gateway,
            running(flush_calls(gateway.desk, gateway.call_log)),
        ):
            await asyncio.sleep(0)
            loop = asyncio.get_running_loop()
            for _ in range(FLUSH_EVENTS):
                gateway.gateway.admit(proposal("read_x"))
            started_s = loop.time()
            while len(gateway.call_log):
                await asyncio.sleep(0.01)
            return loop.time() - started_s

    assert in_virtual_time(scenario) < 0.9


async def _calls(gateway: GatewayInTest, count: int) -> None:
    asked = proposal("read_x")
    for _ in range(count):
        if gateway.gateway.admit(asked) is None:
            await gateway.gateway.ask(asked)


async def test_a_burst_the_log_cannot_hold_waits_for_the_store_instead_of_failing(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sayso.db"
    async with a_gateway(path) as gateway:
        async with running(flush_calls(gateway.desk, gateway.call_log)):
            await _calls(gateway, WAITING_MAX + 100)
        await gateway.call_log.flush(gateway.desk)

    assert len(recorded(path, "call.allowed")) == WAITING_MAX + 100


async def test_digests_of_allowed_calls_are_keyed_by_a_salt_that_can_be_replaced(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sayso.db"
    async with a_gateway(path) as gateway:
        for _ in range(2):
            gateway.gateway.admit(proposal("read_x"))
        await gateway.call_log.flush(gateway.desk)
        await gateway.store.write(lambda tx: tx.set_fact("calls.salt", "another"))
        gateway.gateway.admit(proposal("read_x"))
        await gateway.call_log.flush(gateway.desk)

    first, second, third = recorded(path, "call.allowed")
    assert first["args_digest"] == second["args_digest"] != third["args_digest"]
    assert proposal("read_x").call.digest not in str(first)


async def test_a_damaged_row_keeps_no_channel_from_hearing_of_a_freeze(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "sayso.db"
    async with a_gateway(path) as gateway:
        calls = [gateway.asks(arguments={"service": name}) for name in ("a", "b")]
        good = await gateway.pending()
        bad = gateway.messenger.posts[0].request
        _spoil(path, f"UPDATE approval_request SET requirement = '' WHERE id = '{bad.id}'")

        await frozen(gateway)
        await gateway.delivered()

        assert [channel for channel, _ in gateway.freeze_told.told] == ["C0OPS"]
        assert gateway.messenger.updates[-1].request.id == good.id
        assert gateway.messenger.updates[-1].freeze is not None
        await gateway.gateway.close()
        await asyncio.gather(*calls, return_exceptions=True)
    assert bad.id in caplog.text


async def test_a_damaged_row_on_a_shared_card_keeps_no_other_card_from_being_repaired(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "sayso.db"
    low = POLICY.replace("effect: ask, risk: high", "effect: ask")
    async with a_gateway(path, policy=low) as gateway:
        calls = [gateway.asks() for _ in range(2)]
        await gateway.pending()
        calls.append(gateway.asks(arguments={"service": "other"}))
        good = await gateway.pending()
        _spoil(path, f"UPDATE approval_request SET requirement = '' WHERE id != '{good.id}'")
        _spoil(path, f"UPDATE card SET version_shown = 0 WHERE request_id = '{good.id}'")

        gateway.clock.advance(LOOK_EVERY)
        until = gateway.clock.now() + timedelta(microseconds=1)
        await reconcile(gateway.desk, gateway.messenger, until=until)
        jobs = await take_jobs(gateway.desk)

        assert [job.subject for job in jobs] == [good.id]
        await gateway.gateway.close()
        await asyncio.gather(*calls, return_exceptions=True)
    assert "set aside" in caplog.text
