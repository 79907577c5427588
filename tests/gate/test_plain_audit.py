"""What is kept of an allowed plain call until it is written, and what is not allowed for it."""

import asyncio
import contextlib
import json
import sqlite3
import threading
from collections import deque
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.domain import errors
from approvals.gate import Gate
from approvals.gate.exceptions import CallNotApproved, CallUnavailable
from approvals.operations.record_calls import FLUSH_EVENTS, WAITING_MAX
from tests.engine.gateway_in_test import GatewayInTest, a_gateway
from tests.security.evidence import recorded
from tests.security.test_store_in_trouble import limit_pages

ran: list[int] = []


async def read_two(service: str, lines: int) -> str:
    ran.append(lines)
    return service


@pytest.fixture
async def plain(tmp_path: Path) -> AsyncIterator[GatewayInTest]:
    ran.clear()
    async with a_gateway(tmp_path / "sayso.db") as gateway:
        yield gateway


def a_gate(gateway: GatewayInTest, agent: str = "deploy-bot") -> Gate:
    gate = Gate(agent=agent, channel="#ops")
    gate.use(gateway.gateway)
    return gate


async def test_an_event_written_later_says_when_its_call_was(
    plain: GatewayInTest, tmp_path: Path
) -> None:
    called_at = plain.clock.now()
    await a_gate(plain).guard(read_two)("a", 1)
    plain.clock.watch.at_s += 0.75
    plain.clock.advance(timedelta(seconds=0.75))
    await plain.call_log.flush(plain.desk)

    with contextlib.closing(sqlite3.connect(tmp_path / "sayso.db")) as rows:
        (body,) = rows.execute("SELECT body FROM audit_event WHERE name = 'call.allowed'")
    assert datetime.fromisoformat(json.loads(body[0])["time"]) == called_at


async def test_while_the_log_is_full_plain_calls_wait_for_the_store(
    plain: GatewayInTest, tmp_path: Path
) -> None:
    guarded = a_gate(plain).guard(read_two)
    for number in range(WAITING_MAX):
        await guarded("a", number)
    assert len(recorded(tmp_path / "sayso.db", "call.allowed")) == 0

    await guarded("a", WAITING_MAX)

    assert len(plain.call_log) == WAITING_MAX
    assert len(recorded(tmp_path / "sayso.db", "call.allowed")) == 1


@pytest.mark.parametrize("name", ["read_ \ud800", "read_\x00"])
async def test_a_tool_or_agent_whose_name_cannot_be_written_runs_nothing(
    plain: GatewayInTest, name: str
) -> None:
    with pytest.raises(errors.UnsafeText):
        await a_gate(plain).guard(name=name)(read_two)("a", 1)
    with pytest.raises(CallNotApproved):
        await a_gate(plain, agent=name).guard(read_two)("a", 1)

    assert (ran, len(plain.call_log)) == ([], 0)


async def test_a_gateway_that_closes_lets_no_plain_call_through(plain: GatewayInTest) -> None:
    guarded = a_gate(plain).guard(read_two)
    await guarded("a", 1)
    await plain.gateway.close()

    with pytest.raises(CallUnavailable, match="shutting down"):
        await guarded("a", 2)

    assert ran == [1]


async def test_while_the_store_takes_nothing_no_plain_call_runs(plain: GatewayInTest) -> None:
    guarded = a_gate(plain).guard(read_two)
    await guarded("a", 1)
    await plain.store.write(limit_pages(None))
    with pytest.raises(errors.StoreFull):
        await plain.store.write(lambda tx: tx.set_fact("note", "x" * 30_000))

    with pytest.raises(CallUnavailable, match="audit log cannot be written"):
        await guarded("a", 2)

    assert ran == [1]


async def test_a_full_batch_of_plain_calls_is_due_at_once(plain: GatewayInTest) -> None:
    guarded = a_gate(plain).guard(read_two)
    for number in range(FLUSH_EVENTS - 1):
        await guarded("a", number)
    due = asyncio.ensure_future(plain.call_log.until_due())
    await asyncio.sleep(0)
    was_due = due.done()
    await guarded("a", FLUSH_EVENTS)
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert (was_due, due.done()) == (False, True)


async def test_a_plain_call_on_another_loop_is_kept_by_the_gateways_own(
    plain: GatewayInTest,
) -> None:
    guarded = a_gate(plain).guard(read_two)
    kept_on: list[int] = []
    keep = plain.call_log._waiting.append

    class Kept(deque[Any]):
        def append(self, kept: Any, /) -> None:
            kept_on.append(threading.get_ident())
            keep(kept)

    plain.call_log._waiting = Kept()
    await asyncio.to_thread(lambda: asyncio.run(guarded("a", 1)))

    assert (ran, kept_on) == ([1], [threading.get_ident()])
