"""What one unit of work reads and writes: the `Transaction` port over SQL, for every database.

Made for each unit by the store that runs it; it never begins, commits or rolls back. What it notes
for the store's listeners counts only if the unit is kept. When the unit has ended jobs are written
and then audit events sealed, so that rows are locked before jobs, jobs before the head of the
chain, and the head for a moment only.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from approvals.domain import audit, errors, follow_up
from approvals.domain.approval_request import ApprovalRequest, Status
from approvals.domain.audit import AuditEvent, ChainHead, SealedEvent
from approvals.domain.decision import Decision
from approvals.domain.freeze import Freeze
from approvals.domain.ids import RequestId
from approvals.domain.permit import Permit
from approvals.domain.run import Run
from approvals.operations.ports import Committed, Ids
from approvals.operations.story import Story
from approvals.storage import columns, request_rows, rows, statements
from approvals.storage.executor import Executor
from approvals.storage.recalled import Recalled
from approvals.storage.sql_cards import SqlCards
from approvals.storage.sql_edits import SqlEdits
from approvals.storage.sql_freezes import SqlFreezes
from approvals.storage.sql_history import SqlHistory
from approvals.storage.sql_homes import SqlHomes
from approvals.storage.sql_jobs import SqlJobs
from approvals.storage.sql_joining import SqlJoining
from approvals.storage.sql_keys import SqlKeys
from approvals.storage.sql_limits import SqlLimits
from approvals.storage.sql_runs import SqlRuns

_log = logging.getLogger(__name__)


class SqlTransaction(
    SqlRuns,
    SqlCards,
    SqlJoining,
    SqlHistory,
    SqlHomes,
    SqlEdits,
    SqlFreezes,
    SqlKeys,
    SqlLimits,
    SqlJobs,
):
    """One unit's view of the store; synchronous."""

    def __init__(
        self, executor: Executor, head: ChainHead | None = None, *, ids: Ids, source: str
    ) -> None:
        """*head* is the audit chain's head where it is known; None reads it when needed."""
        super().__init__(executor)
        self._ids = ids
        self._source = source
        self._pending: set[str] = set()
        self._events: list[AuditEvent] = []
        self.head = head
        self.sealed: list[SealedEvent] = []
        self.recalled = Recalled()
        self.ended: list[ApprovalRequest] = []
        self.next_due_at: datetime | None = None

    def request(self, request_id: RequestId, *, locked: bool = True) -> ApprovalRequest | None:
        """Return the request; on SQLite, what one unit asks for again is not read again."""
        for kept in (True,) if locked else (True, False):
            if (request_id, kept) in self.still_true:
                return self.still_true[request_id, kept]
        statement = statements.REQUEST_LOCKED if locked else statements.REQUEST
        found = self._loaded(self._run(statement, {"id": request_id}).fetchone())
        if self.executor.is_alone:
            self.still_true[request_id, locked] = found
        return found

    def request_by_key(self, key: str) -> ApprovalRequest | None:
        """Return the latest request asked under *key*."""
        return self._loaded(self._run(statements.REQUEST_BY_KEY, {"key": key}).fetchone())

    def add_request(self, request: ApprovalRequest, permit: Permit | None = None) -> None:
        """Insert a new request."""
        self._run(statements.ADD_REQUEST, request_rows.request_to_row(request, permit))
        self._note_follow_up(request, permit)
        if request.is_pending:
            self._pending.add(request.id)

    def save_request(self, request: ApprovalRequest, permit: Permit | None = None) -> None:
        """Store what changed of a request but its call, which `save_edited` stores.

        Its *permit*, which `save_permit` stores, tells when an ended one needs the clock.

        Raises:
            AlreadyDecided: the stored version is not the one before *request*'s.
        """
        was_pending = request.id in self._pending or self._is_pending(request.id)
        values = request_rows.request_changes(request, permit)
        values["request_id"] = request.id
        values["expected_version"] = request.version - 1
        if self._run(statements.SAVE_REQUEST, values).rowcount != 1:
            raise errors.AlreadyDecided
        self._note_follow_up(request, permit)
        if was_pending and not request.is_pending:
            self._pending.discard(request.id)
            self.ended.append(request)
        self.recalled.saved(request, has_ended=was_pending and not request.is_pending)

    def save_edited(self, request: ApprovalRequest) -> None:
        """Store a request with its changed call. Raises AlreadyDecided, as `save_request` does."""
        self.save_call(request)
        self.save_request(request)

    def overdue(self, now: datetime, *, limit: int, else_at: datetime) -> Sequence[ApprovalRequest]:
        """Return requests whose follow-up is due; one that cannot be read is set aside."""
        values = {"now": columns.time_to_text(now), "limit": limit}
        found = []
        for row in self._run(statements.OVERDUE, values).fetchall():
            try:
                found.append(request_rows.request_from_row(row))
            except Exception:  # whatever is wrong with it, the others still have to end
                _log.exception("Request %s cannot be read; it is set aside", row["id"])
                self.set_aside(row["id"], else_at)
        self._pending.update(request.id for request in found if request.is_pending)
        return found

    def set_aside(self, request_id: RequestId, until: datetime | None) -> None:
        """Let a request's follow-up fall due at *until*, or never; nothing else of it changes."""
        values = {"request_id": request_id, "again_at": columns.optional_text(until)}
        self._run(statements.SET_ASIDE, values)

    def decisions(self, request_id: RequestId) -> Sequence[Decision]:
        """Return the decisions of a request, oldest first."""
        found = self._run(statements.DECISIONS, {"request_id": request_id})
        decisions = [rows.decision_from_row(row) for row in found]
        self.recalled.seen(request_id, decisions)
        return decisions

    def add_decision(self, decision: Decision) -> None:
        """Insert a decision.

        Raises:
            AlreadyDecided: this person has decided this request before.
        """
        if self._run(statements.ADD_DECISION, rows.decision_to_row(decision)).rowcount != 1:
            raise errors.AlreadyDecided("You have already decided this request.")
        self.recalled.decided(decision)

    def replace_decision(self, decision: Decision) -> None:
        """Put *decision* in the place of what the same person decided before."""
        self._run(statements.REPLACE_DECISION, rows.decision_to_row(decision))
        self.recalled.forget(decision.request_id)

    def void_decisions(self, request_id: RequestId) -> None:
        """Delete the decisions of a request."""
        super().void_decisions(request_id)
        self.recalled.forget(request_id)

    def permit(self, request_id: RequestId) -> Permit | None:
        """Return the permit of a request."""
        row = self._run(statements.PERMIT, {"request_id": request_id}).fetchone()
        return None if row is None else rows.permit_from_row(row)

    def save_permit(self, permit: Permit) -> None:
        """Insert or update the one permit of its request."""
        self._run(statements.SAVE_PERMIT, rows.permit_to_row(permit))
        self.recalled.permitted(permit)

    def pending_without_key(self, *, limit: int) -> Sequence[ApprovalRequest]:
        """Return pending requests that no caller can come back to, but for the unreadable."""
        found = self._readable(
            statements.PENDING_WITHOUT_KEY, {}, request_rows.request_from_row, limit=limit
        )
        self._pending.update(request.id for request in found)
        return found

    def claimed_by_others(self, owner: str, *, limit: int) -> Sequence[Permit]:
        """Return permits claimed and unreported whose owner is not *owner*, but for unreadable."""
        return self._readable(
            statements.CLAIMED_BY_OTHERS,
            {"owner": owner},
            rows.permit_from_row,
            limit=limit,
            key="request_id",
        )

    def record(self, *events: AuditEvent) -> None:
        """Let audit events be sealed and appended with this unit."""
        self._events += events

    def fact(self, name: str) -> str | None:
        """Return a stored fact of the gateway itself."""
        row = self._run(statements.FACT, {"name": name}).fetchone()
        return None if row is None else str(row["value"])

    def set_fact(self, name: str, value: str) -> None:
        """Store a fact of the gateway itself."""
        self._run(statements.SET_FACT, {"name": name, "value": value})

    def finish(self) -> None:
        """Write the jobs, then seal and append what was recorded.

        Called once, after the unit and before the commit.
        """
        self.write_jobs()
        for event in self._events:
            sealed = audit.seal(event, self._head(), event_id=self._ids.ulid(), source=self._source)
            self._run(statements.ADD_EVENT, rows.event_to_row(sealed))
            self.head = ChainHead(seq=sealed.seq, hash=sealed.hash)
            self.sealed.append(sealed)

    def _head(self) -> ChainHead:
        if self.head is None:
            self.executor.lock_audit()
            row = self._run(statements.HEAD, {}).fetchone()
            self.head = ChainHead() if row is None else ChainHead(seq=row["seq"], hash=row["hash"])
        return self.head

    def _loaded(self, row: Any | None) -> ApprovalRequest | None:
        if row is None:
            return None
        request = request_rows.request_from_row(row)
        if request.is_pending:
            self._pending.add(request.id)
        return request

    def _is_pending(self, request_id: RequestId) -> bool:
        row = self._run(statements.REQUEST_STATUS, {"id": request_id}).fetchone()
        return row is not None and row["status"] == Status.PENDING

    def _note_follow_up(self, request: ApprovalRequest, permit: Permit | None = None) -> None:
        at = follow_up.due_at(request, permit)
        if at is not None:
            self.next_due_at = min(at, self.next_due_at or at)


def news_of(kept: Iterable[SqlTransaction]) -> Committed:
    """Return what the units of one commit have to tell."""
    ended: list[ApprovalRequest] = []
    runs: list[Run] = []
    freezes: list[Freeze] = []
    due: list[datetime] = []
    has_jobs = False
    sealed: list[SealedEvent] = []
    stories: dict[RequestId, Story] = {}
    for tx in kept:
        ended += tx.ended
        runs += tx.runs
        freezes += tx.changed_freezes
        has_jobs |= tx.has_jobs
        sealed += tx.sealed
        for each in tx.recalled.changed:  # what an earlier unit knew of it is not so any more
            stories.pop(each, None)
        stories |= tx.recalled.stories()
        if tx.next_due_at is not None:
            due.append(tx.next_due_at)
    return Committed(
        ended=tuple(ended),
        runs=tuple(runs),
        freezes=tuple(freezes),
        next_due_at=min(due, default=None),
        has_jobs=has_jobs,
        recorded=sealed[-1].seq if sealed else 0,
        events=tuple(sealed),
        stories=stories,
    )
