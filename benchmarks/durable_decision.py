"""CPU per durable decision through the store, against raw sqlite3 doing the same, in one run.

A decision is: read the request, compare-and-set its status, append a sealed audit event, enqueue a
job; durable (synchronous=FULL) before its caller on the event loop is answered. The raw side is
what one would write without nouns: hand-written SQL over the same tables, in a thread that commits
in groups with savepoints and settles futures. One at a time, and 50 at once. Target: at most 2×.
Run as `python -m benchmarks.durable_decision [DECISIONS]`; the median of five rounds of each.
"""

import asyncio
import contextlib
import hashlib
import json
import queue
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from approvals.domain import lifecycle
from approvals.domain.approval_request import ApprovalRequest, Cause, Requester, Status
from approvals.domain.ids import ChannelId, RequestId
from approvals.domain.requirement import Effect, Requirement, RuleMatch, Slot
from approvals.domain.tool_call import ToolCall
from approvals.operations.ports import Transaction
from approvals.storage import driver
from approvals.storage.clock import SystemClock
from approvals.storage.ids import SystemIds
from approvals.storage.sql_store import SqlStore

AT_ONCE = (1, 50)
ROUNDS = 5
CLOCK = SystemClock()
IDS = SystemIds(CLOCK)
REQUIREMENT = Requirement(
    effect=Effect.ASK,
    channel=ChannelId("C1"),
    channel_name="#ops",
    rules=(
        RuleMatch(name="#ops, rule 1", place="", effect=Effect.ASK, slots=(Slot(of=("sre",)),)),
    ),
    timeout=timedelta(minutes=15),
    permit_ttl=timedelta(minutes=15),
    policy_version="0" * 64,
    reasons=("#ops, rule 1 asks.",),
)


def a_request() -> ApprovalRequest:
    now = CLOCK.now()
    return ApprovalRequest(
        id=RequestId(IDS.ulid()),
        call=ToolCall.of("k8s.restart", "f" * 64, {"service": "checkout", "zone": "eu-1"}),
        requester=Requester(agent="deployer"),
        requirement=REQUIREMENT,
        channel=ChannelId("C1"),
        salt=IDS.secret(),
        created_at=now,
        expires_at=now + timedelta(minutes=15),
    )


def reject(request_id: RequestId) -> Callable[[Transaction], Status]:
    def unit(tx: Transaction) -> Status:
        request = tx.request(request_id)
        assert request is not None
        step = lifecycle.advance(request, Cause.PERSON, now=CLOCK.now())
        tx.save_request(step.request)
        tx.record(step.event)
        for job in step.jobs:
            tx.enqueue(job)
        return step.request.status

    return unit


def add_all(requests: list[ApprovalRequest]) -> Callable[[Transaction], None]:
    def unit(tx: Transaction) -> None:
        for request in requests:
            tx.add_request(request)

    return unit


Decide = Callable[[RequestId], Awaitable[object]]


async def cpu_us(decide: Decide, requests: list[ApprovalRequest], at_once: int) -> float:
    """Return CPU microseconds per decision of this process, all threads."""
    before = time.process_time()
    for start in range(0, len(requests), at_once):
        group = requests[start : start + at_once]
        await asyncio.gather(*(decide(request.id) for request in group))
    return (time.process_time() - before) / len(requests) * 1e6


async def one_round(path: Path, decisions: int, at_once: int) -> tuple[float, float]:
    """Return CPU microseconds per decision: through the store, and raw."""
    async with SqlStore.open(path, clock=CLOCK, ids=IDS, source="/gateway/bench") as store:
        requests = [a_request() for _ in range(2 * decisions)]
        await store.write(add_all(requests))
        ours = await cpu_us(
            lambda request_id: store.write(reject(request_id)), requests[:decisions], at_once
        )
    with contextlib.closing(sqlite3.connect(path)) as connection:
        head = connection.execute("SELECT max(seq), hash FROM audit_event").fetchone()
    raw = RawWriter(path, head)
    theirs = await cpu_us(raw.decide, requests[decisions:], at_once)
    await raw.close()
    return ours, theirs


class RawWriter:
    """A thread with a connection, a queue and futures: group commit without nouns or checks."""

    def __init__(self, path: Path, head: tuple[int, str]) -> None:
        self._path, self._head = path, head
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[tuple[str, asyncio.Future[None]] | None] = (
            queue.SimpleQueue()
        )
        self._thread = threading.Thread(target=self._live)
        self._thread.start()

    def decide(self, request_id: RequestId) -> asyncio.Future[None]:
        """Queue one decision; the future is done after the commit."""
        answer = self._loop.create_future()
        self._queue.put((request_id, answer))
        return answer

    async def close(self) -> None:
        """End the thread."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _live(self) -> None:
        connection = driver.connect(self._path)
        while first := self._queue.get():
            works = [first]
            with contextlib.suppress(queue.Empty):
                while work := self._queue.get_nowait():
                    works.append(work)
            connection.execute("BEGIN IMMEDIATE")
            for request_id, _ in works:
                connection.execute("SAVEPOINT unit")
                self._head = raw_decision(connection, request_id, self._head)
                connection.execute("RELEASE unit")
            connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(_settle, [answer for _, answer in works])
        connection.close()


def _settle(answers: list[asyncio.Future[None]]) -> None:
    for answer in answers:
        answer.set_result(None)


def raw_decision(
    connection: sqlite3.Connection, request_id: str, head: tuple[int, str]
) -> tuple[int, str]:
    now = CLOCK.now().isoformat()
    row = connection.execute(
        "SELECT * FROM approval_request WHERE id = ?", (request_id,)
    ).fetchone()
    connection.execute(
        "UPDATE approval_request SET status = 'rejected', cause = 'person', version = version + 1, "
        "due_at = NULL, ended_at = ? WHERE id = ? AND version = ?",
        (now, request_id, row["version"]),
    )
    seq, previous = head[0] + 1, head[1]
    body = json.dumps({"id": request_id, "time": now, "type": "request.rejected"}, sort_keys=True)
    digest = hashlib.sha256(f"{previous}{seq}{body}".encode()).hexdigest()
    connection.execute(
        "INSERT INTO audit_event (seq, name, subject, body, prev_hash, hash) "
        "VALUES (?, 'request.rejected', ?, ?, ?, ?)",
        (seq, request_id, body, previous, digest),
    )
    connection.execute(
        "INSERT INTO job (kind, subject, run_at, due_at, generation, attempt) "
        "VALUES ('card', ?, ?, ?, 1, 0) "
        "ON CONFLICT (kind, subject) DO UPDATE SET generation = generation + 1",
        (request_id, now, now),
    )
    return seq, digest


def main(decisions: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        for at_once in AT_ONCE:
            paths = [Path(directory) / f"{at_once}-{number}.db" for number in range(ROUNDS)]
            rounds = [asyncio.run(one_round(path, decisions, at_once)) for path in paths]
            ours, raw = (statistics.median(side) for side in zip(*rounds, strict=True))
            print(
                f"durable decision, {at_once} at once: {ours / raw:.2f}× raw sqlite3 "
                f"(target ≤ 2×); {ours:.0f} against {raw:.0f} µs CPU"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
