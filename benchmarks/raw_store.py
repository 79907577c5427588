"""Baselines without nouns or checks: hand-written SQL over the store's tables, in a thread.

What one would write in an afternoon: a queue, a connection with synchronous=FULL, futures settled
after the commit. `group` says whether what queued during a commit shares the next one.
"""

import asyncio
import contextlib
import hashlib
import json
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from approvals.storage import driver
from approvals.storage.clock import SystemClock

CLOCK = SystemClock()
Head = tuple[int, str]
Decision = Callable[[sqlite3.Connection, str, Head], Head]


class RawWriter:
    """A thread with a connection, a queue and futures."""

    def __init__(self, path: Path, decision: Decision, *, group: bool) -> None:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            head = connection.execute("SELECT max(seq), hash FROM audit_event").fetchone()
        self._path, self._decision, self._group = path, decision, group
        self._head: Head = (head[0] or 0, head[1] or "")
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[tuple[str, asyncio.Future[None]] | None] = (
            queue.SimpleQueue()
        )
        self._thread = threading.Thread(target=self._live)
        self._thread.start()

    def decide(self, request_id: str) -> asyncio.Future[None]:
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
                while self._group and (work := self._queue.get_nowait()):
                    works.append(work)
            connection.execute("BEGIN IMMEDIATE")
            for request_id, _ in works:
                if self._group:
                    connection.execute("SAVEPOINT unit")
                self._head = self._decision(connection, request_id, self._head)
                if self._group:
                    connection.execute("RELEASE unit")
            connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(_settle, [answer for _, answer in works])
        connection.close()


def _settle(answers: list[asyncio.Future[None]]) -> None:
    for answer in answers:
        answer.set_result(None)


def whole_decision(connection: sqlite3.Connection, request_id: str, head: Head) -> Head:
    """Do what a decision does: read, compare-and-set, chained audit event, job."""
    row = connection.execute(
        "SELECT * FROM approval_request WHERE id = ?", (request_id,)
    ).fetchone()
    now, head = _set_and_audit(connection, request_id, head, version=row["version"])
    connection.execute(
        "INSERT INTO job (kind, subject, run_at, due_at, generation, attempt) "
        "VALUES ('card', ?, ?, ?, 1, 0) "
        "ON CONFLICT (kind, subject) DO UPDATE SET generation = generation + 1",
        (request_id, now, now),
    )
    return head


def bare_decision(connection: sqlite3.Connection, request_id: str, head: Head) -> Head:
    """Compare-and-set the status and append an audit event, and nothing else."""
    return _set_and_audit(connection, request_id, head, version=1)[1]


def _set_and_audit(
    connection: sqlite3.Connection, request_id: str, head: Head, *, version: int
) -> tuple[str, Head]:
    now = CLOCK.now().isoformat()
    changed = connection.execute(
        "UPDATE approval_request SET status = 'rejected', cause = 'person', version = version + 1, "
        "due_at = NULL, ended_at = ? WHERE id = ? AND version = ?",
        (now, request_id, version),
    )
    assert changed.rowcount == 1
    seq, previous = head[0] + 1, head[1]
    body = json.dumps({"id": request_id, "time": now, "type": "request.rejected"}, sort_keys=True)
    digest = hashlib.sha256(f"{previous}{seq}{body}".encode()).hexdigest()
    connection.execute(
        "INSERT INTO audit_event (seq, name, subject, body, prev_hash, hash) "
        "VALUES (?, 'request.rejected', ?, ?, ?, ?)",
        (seq, request_id, body, previous, digest),
    )
    return now, (seq, digest)
