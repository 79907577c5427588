"""What people look at, over SQL: the `Snapshot` port, for every database.

Made for each unit that looks, inside a transaction that only reads. A row that cannot be read is
logged and left out, so that it hides no other.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from approvals.domain.approval_request import ApprovalRequest, Cause, Requester, Status
from approvals.domain.audit import ChainHead, SealedEvent
from approvals.domain.decision import Decision
from approvals.domain.ids import ChannelId, KeyId, RequestId, RunId, UserId
from approvals.domain.key import Key
from approvals.domain.permit import Permit
from approvals.domain.run import Run
from approvals.operations.snapshot import Ending
from approvals.storage import (
    columns,
    key_statements,
    request_rows,
    rows,
    run_rows,
    run_statements,
    statements,
)
from approvals.storage import snapshot_statements as looking
from approvals.storage.key_rows import key_from_row
from approvals.storage.sql_work import SqlWork

Noun = TypeVar("Noun")
_log = logging.getLogger(__name__)
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)


class SqlSnapshot(SqlWork):
    """One unit's view of everything; synchronous."""

    def request(self, request_id: RequestId) -> ApprovalRequest | None:
        """Return the request."""
        found = _requests(self._run(statements.REQUEST, {"id": request_id}))
        return found[0] if found else None

    def pending(self, *, limit: int, channel: ChannelId | None = None) -> Sequence[ApprovalRequest]:
        """Return pending requests, those that close first before the others."""
        if channel is None:
            return _requests(self._run(looking.PENDING, {"limit": limit}))
        return _requests(self._run(looking.PENDING_IN, {"channel": channel, "limit": limit}))

    def count_pending(self, channel: ChannelId | None = None) -> int:
        """Return how many requests are pending."""
        if channel is None:
            return int(self._run(looking.COUNT_PENDING, {}).fetchone()["found"])
        return int(self._run(looking.COUNT_PENDING_IN, {"channel": channel}).fetchone()["found"])

    def pending_decisions_of(self, user: UserId) -> Sequence[Decision]:
        """Return what *user* decided on requests that are still pending."""
        found = self._run(looking.PENDING_DECISIONS_OF, {"user": user})
        return [rows.decision_from_row(row) for row in found]

    def ids_ending_in(self, ending: str, channel: ChannelId, *, limit: int) -> Sequence[RequestId]:
        """Return ids that end so, of requests of *channel* and of all pending ones."""
        if not (ending.isascii() and ending.isalnum()):
            return []
        values = {"ending": f"%{ending}", "channel": channel, "limit": limit}
        here = self._run(looking.IDS_IN_CHANNEL, values).fetchall()
        del values["channel"]
        waiting = self._run(looking.IDS_PENDING, values).fetchall()
        return sorted({RequestId(row["id"]) for row in (*here, *waiting)}, reverse=True)[:limit]

    def recent(
        self, channel: ChannelId, *, limit: int, since: datetime | None = None
    ) -> Sequence[ApprovalRequest]:
        """Return the requests of *channel* that have ended, newest first."""
        begin = columns.time_to_text(since or _FIRST)
        values = {"channel": channel, "limit": limit, "since": begin}
        return _requests(self._run(looking.RECENT_IN, values))

    def decided_by(self, user: UserId, *, limit: int) -> Sequence[Decision]:
        """Return what *user* decided, newest first."""
        found = self._run(looking.DECIDED_BY, {"user": user, "limit": limit})
        return [rows.decision_from_row(row) for row in found]

    def run(self, run_id: RunId) -> Run | None:
        """Return the run."""
        found = _readable(self._run(run_statements.RUN, {"id": run_id}), run_rows.run_from_row)
        return found[0] if found else None

    def requests_of_run(self, run_id: RunId) -> Sequence[ApprovalRequest]:
        """Return what is open of a run, oldest first."""
        return _requests(self._run(run_statements.REQUESTS_OF_RUN, {"run_id": run_id}))

    def runs_of(self, user: UserId, *, limit: int) -> Sequence[Run]:
        """Return the runs *user* started, newest first, those that have not ended before."""
        found = self._run(run_statements.RUNS_OF, {"user": user, "limit": limit})
        return [run_rows.run_from_row(row) for row in found]

    def asked_for(self, user: UserId, *, limit: int) -> Sequence[ApprovalRequest]:
        """Return the requests *user* is the requester's person of, newest first."""
        return _requests(self._run(looking.ASKED_FOR, {"user": user, "limit": limit}))

    def endings(self, channel: ChannelId, *, since: datetime, limit: int) -> Sequence[Ending]:
        """Return how the requests of *channel* asked since then stand, newest first."""
        begin = columns.time_to_text(since)
        values = {"channel": channel, "since": begin, "limit": limit}
        return [_ending(row) for row in self._run(looking.ENDINGS, values)]

    def newest(
        self,
        *,
        limit: int,
        before: RequestId | None = None,
        status: Status | None = None,
        channel: ChannelId | None = None,
        requester: Requester | None = None,
    ) -> Sequence[ApprovalRequest]:
        """Return requests, newest first: older than *before*, and those alone that are named."""
        named: dict[str, Any] = {"before": before, "channel": channel}
        if requester is not None:
            named |= {"agent": requester.agent, "person": requester.person}
        values = {name: value for name, value in named.items() if value is not None}
        statement = looking.newest(frozenset(values), status)
        return _requests(self._run(statement, {**values, "limit": limit}))

    def decisions(self, request_id: RequestId) -> Sequence[Decision]:
        """Return the decisions of a request, oldest first."""
        found = self._run(statements.DECISIONS, {"request_id": request_id})
        return [rows.decision_from_row(row) for row in found]

    def permit(self, request_id: RequestId) -> Permit | None:
        """Return the permit of a request."""
        row = self._run(statements.PERMIT, {"request_id": request_id}).fetchone()
        return None if row is None else rows.permit_from_row(row)

    def head(self) -> ChainHead:
        """Return where the audit chain ends."""
        row = self._run(statements.HEAD, {}).fetchone()
        return ChainHead() if row is None else ChainHead(seq=row["seq"], hash=row["hash"])

    def events_after(self, seq: int, *, limit: int) -> Sequence[SealedEvent]:
        """Return the audit events after the one at *seq*, in their order."""
        found = self._run(statements.EVENTS_AFTER, {"seq": seq, "limit": limit})
        return _readable(found, rows.event_from_row, key="seq")

    def key(self, key_id: KeyId) -> Key | None:
        """Return the key."""
        read = _readable(self._run(key_statements.KEY, {"id": key_id}), key_from_row)
        return read[0] if read else None

    def keys(self) -> Sequence[Key]:
        """Return all keys, the oldest first, revoked and expired ones too."""
        return _readable(self._run(key_statements.KEYS, {}), key_from_row)


def _ending(row: Any) -> Ending:
    ended_at = columns.optional_time(row["ended_at"])
    asked_at = columns.time_from_text(row["created_at"])
    return Ending(
        tool=row["tool"],
        status=Status(row["status"]),
        cause=row["cause"] and Cause(row["cause"]),
        took=None if ended_at is None else ended_at - asked_at,
    )


def _requests(found: Iterable[Any]) -> list[ApprovalRequest]:
    return _readable(found, request_rows.request_from_row)


def _readable(found: Iterable[Any], noun: Callable[[Any], Noun], *, key: str = "id") -> list[Noun]:
    read = []
    for row in found:
        try:
            read.append(noun(row))
        except Exception:  # whatever is wrong with it, people still see the others
            _log.exception("The row of %s cannot be read; it is left out", row[key])
    return read
