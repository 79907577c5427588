"""What one unit of work reads and writes: the `Transaction` port over the driver connection.

Made by the writer for each unit, inside that unit's savepoint; it never begins, commits or rolls
back. What it notes for the store's listeners counts only if the unit is kept.
"""

import logging
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from approvals.domain import audit, errors, follow_up
from approvals.domain.approval_request import ApprovalRequest, Status
from approvals.domain.audit import AuditEvent, ChainHead
from approvals.domain.card import Card
from approvals.domain.decision import Decision
from approvals.domain.ids import RequestId
from approvals.domain.jobs import Job
from approvals.domain.permit import Permit
from approvals.operations.ports import Ids
from approvals.storage import columns, request_rows, rows, statements

_log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""How long a claimed job is left to its worker before it falls due again."""


class SqlTransaction:
    """One unit's view of the store; synchronous, in the writer's thread."""

    def __init__(
        self, connection: sqlite3.Connection, head: ChainHead | None, *, ids: Ids, source: str
    ) -> None:
        """*head* is the audit chain's head where it is known; None reads it when needed."""
        self._connection = connection
        self._ids = ids
        self._source = source
        self._pending: set[str] = set()
        self.head = head
        self.ended: list[ApprovalRequest] = []
        self.next_due_at: datetime | None = None
        self.has_jobs = False
        self.fault: sqlite3.Error | None = None

    def request(self, request_id: RequestId) -> ApprovalRequest | None:
        """Return the request."""
        return self._loaded(self._run(statements.REQUEST, {"id": request_id}).fetchone())

    def request_by_key(self, key: str) -> ApprovalRequest | None:
        """Return the latest request asked under *key*."""
        return self._loaded(self._run(statements.REQUEST_BY_KEY, {"key": key}).fetchone())

    def add_request(self, request: ApprovalRequest) -> None:
        """Insert a new request."""
        self._run(statements.ADD_REQUEST, request_rows.request_to_row(request))
        self._note_follow_up(request)
        if request.is_pending:
            self._pending.add(request.id)

    def save_request(self, request: ApprovalRequest) -> None:
        """Store what changed of a request; what was asked stays as it was first stored.

        Raises:
            AlreadyDecided: the stored version is not the one before *request*'s.
        """
        was_pending = request.id in self._pending or self._is_pending(request.id)
        values = request_rows.request_changes(request)
        values["request_id"] = request.id
        values["expected_version"] = request.version - 1
        if self._run(statements.SAVE_REQUEST, values).rowcount != 1:
            raise errors.AlreadyDecided
        self._note_follow_up(request)
        if was_pending and not request.is_pending:
            self._pending.discard(request.id)
            self.ended.append(request)

    def overdue(self, now: datetime, *, limit: int, else_at: datetime) -> Sequence[ApprovalRequest]:
        """Return pending requests whose follow-up is due; one that cannot be read is set aside."""
        values = {"now": columns.time_to_text(now), "limit": limit}
        found = []
        for row in self._run(statements.OVERDUE, values).fetchall():
            try:
                found.append(request_rows.request_from_row(row))
            except Exception:  # whatever is wrong with it, the others still have to end
                _log.exception("Request %s cannot be read; it is set aside", row["id"])
                self.set_aside(row["id"], else_at)
        self._pending.update(request.id for request in found)
        return found

    def set_aside(self, request_id: RequestId, until: datetime) -> None:
        """Let a request's follow-up fall due at *until*; nothing else of it changes."""
        values = {"request_id": request_id, "again_at": columns.time_to_text(until)}
        self._run(statements.SET_ASIDE, values)

    def decisions(self, request_id: RequestId) -> Sequence[Decision]:
        """Return the decisions of a request, oldest first."""
        found = self._run(statements.DECISIONS, {"request_id": request_id})
        return [rows.decision_from_row(row) for row in found]

    def add_decision(self, decision: Decision) -> None:
        """Insert a decision.

        Raises:
            AlreadyDecided: this person has decided this request before.
        """
        if self._run(statements.ADD_DECISION, rows.decision_to_row(decision)).rowcount != 1:
            raise errors.AlreadyDecided("You have already decided this request.")

    def permit(self, request_id: RequestId) -> Permit | None:
        """Return the permit of a request."""
        row = self._run(statements.PERMIT, {"request_id": request_id}).fetchone()
        return None if row is None else rows.permit_from_row(row)

    def save_permit(self, permit: Permit) -> None:
        """Insert or update the one permit of its request."""
        self._run(statements.SAVE_PERMIT, rows.permit_to_row(permit))

    def pending_without_key(self, *, limit: int) -> Sequence[ApprovalRequest]:
        """Return pending requests that no caller can come back to."""
        rows_found = self._run(statements.PENDING_WITHOUT_KEY, {"limit": limit})
        found = [request_rows.request_from_row(row) for row in rows_found]
        self._pending.update(request.id for request in found)
        return found

    def claimed_by_others(self, owner: str, *, limit: int) -> Sequence[Permit]:
        """Return permits claimed and unreported whose owner is not *owner*."""
        values = {"owner": owner, "limit": limit}
        return [
            rows.permit_from_row(row) for row in self._run(statements.CLAIMED_BY_OTHERS, values)
        ]

    def cards(self, request_id: RequestId) -> Sequence[Card]:
        """Return all cards of a request, oldest first."""
        found = self._run(statements.CARDS, {"request_id": request_id})
        return [rows.card_from_row(row) for row in found]

    def save_card(self, card: Card) -> None:
        """Insert or update a card by its id."""
        self._run(statements.SAVE_CARD, rows.card_to_row(card))

    def enqueue(self, job: Job) -> None:
        """Insert the job, or raise the generation (and keep the earlier run_at) of the same one."""
        self._run(statements.ENQUEUE, rows.job_to_row(job))
        self.has_jobs = True

    def due_jobs(self, now: datetime, *, owner: str, limit: int) -> Sequence[Job]:
        """Claim due jobs for *owner*, each for the length of the lease; earliest first."""
        values = {
            "now": columns.time_to_text(now),
            "limit": limit,
            "new_owner": owner,
            "lease_ends_at": columns.time_to_text(now + LEASE),
        }
        claimed = []
        for row in self._run(statements.CLAIM_JOBS, values).fetchall():
            try:
                claimed.append(rows.job_from_row(row))
            except ValueError:  # its lease keeps it out of the way of the others
                _log.exception("Job %s:%s cannot be read", row["kind"], row["subject"])
        return sorted(claimed, key=lambda job: (job.run_at, job.kind, job.subject))

    def finish_job(self, job: Job) -> None:
        """Remove the job, or make it due again at once if it was asked for anew meanwhile."""
        done = {**_held(job), "done_generation": job.generation}
        if not self._run(statements.FINISH_JOB, done).rowcount:
            self._run(statements.RELEASE_JOB, _held(job))
            self.has_jobs = True

    def postpone_job(self, job: Job, run_at: datetime, *, is_failure: bool = True) -> None:
        """Give the job back, due at *run_at*; unless *is_failure* this attempt is not counted."""
        values = {
            **_held(job),
            "again_at": columns.time_to_text(run_at),
            "failed_attempts": job.attempt - (not is_failure),
        }
        self._run(statements.POSTPONE_JOB, values)
        self.has_jobs = True

    def record(self, *events: AuditEvent) -> None:
        """Seal and append audit events."""
        for event in events:
            sealed = audit.seal(event, self._head(), event_id=self._ids.ulid(), source=self._source)
            self._run(statements.ADD_EVENT, rows.event_to_row(sealed))
            self.head = ChainHead(seq=sealed.seq, hash=sealed.hash)

    def fact(self, name: str) -> str | None:
        """Return a stored fact of the gateway itself."""
        row = self._run(statements.FACT, {"name": name}).fetchone()
        return None if row is None else str(row["value"])

    def set_fact(self, name: str, value: str) -> None:
        """Store a fact of the gateway itself."""
        self._run(statements.SET_FACT, {"name": name, "value": value})

    def _run(self, sql: str, values: Mapping[str, Any]) -> sqlite3.Cursor:
        """Execute one statement; after a driver error nothing more is executed.

        An error such as a full disk may have ended the whole transaction, and a statement after
        it would then be stored on its own.

        Raises:
            UnsafeText: a text holds NUL or half of a surrogate pair.
        """
        if self.fault is not None:
            raise self.fault
        for value in values.values():
            if isinstance(value, str) and "\x00" in value:
                raise errors.UnsafeText
        try:
            return self._connection.execute(sql, values)
        except UnicodeEncodeError as fault:
            raise errors.UnsafeText from fault
        except sqlite3.Error as fault:
            self.fault = fault
            raise

    def _head(self) -> ChainHead:
        if self.head is None:
            row = self._run(statements.HEAD, {}).fetchone()
            self.head = ChainHead() if row is None else ChainHead(seq=row["seq"], hash=row["hash"])
        return self.head

    def _loaded(self, row: sqlite3.Row | None) -> ApprovalRequest | None:
        if row is None:
            return None
        request = request_rows.request_from_row(row)
        if request.is_pending:
            self._pending.add(request.id)
        return request

    def _is_pending(self, request_id: RequestId) -> bool:
        row = self._run(statements.REQUEST_STATUS, {"id": request_id}).fetchone()
        return row is not None and row["status"] == Status.PENDING

    def _note_follow_up(self, request: ApprovalRequest) -> None:
        at = follow_up.due_at(request)
        if at is not None:
            self.next_due_at = min(at, self.next_due_at or at)


def _held(job: Job) -> dict[str, Any]:
    return {
        "job_kind": job.kind.value,
        "job_subject": job.subject,
        "holder": job.owner,
        "held_attempt": job.attempt,
    }
