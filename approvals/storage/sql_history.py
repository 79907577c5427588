"""Looking back, as a transaction sees it: the `HistoryRows` port. A part of `SqlTransaction`."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.history import COUNTED_MAX, History, Past
from approvals.storage import columns, request_rows, rows, statements
from approvals.storage import history_statements as looking_back
from approvals.storage.sql_work import SqlWork

_log = logging.getLogger(__name__)

EDITED_MAX = 20
"""How many calls that were changed and rejected are looked through for the one made again."""


class SqlHistory(SqlWork):
    """What one unit reads of earlier requests."""

    def history(self, request: ApprovalRequest, *, since: datetime) -> History:
        """Count what people were asked about the tool of *request* in its channel before it."""
        values = _alike(request, since) | {
            "limit": COUNTED_MAX,
            "fingerprint": request.call.fingerprint,
        }
        row = self._run(looking_back.HISTORY, values).fetchone()
        return History(
            asked=row["asked"],
            approved=row["approved"],
            rejected=row["rejected"],
            failed=row["failed"],
            last_approved_at=columns.optional_time(row["last_approved_at"]),
            is_changed=row["last_approved_at"] != row["last_approved_unchanged_at"],
        )

    def rejected_lately(
        self, request: ApprovalRequest, *, since: datetime
    ) -> ApprovalRequest | None:
        """Return the latest rejection by a person, after *since*, of the same question."""
        requester = request.requester
        values = {
            "since": columns.time_to_text(since),
            "channel": request.requirement.channel,
            "agent": requester.agent,
            "person": requester.person or "",
            "on_behalf_of": columns.texts(requester.on_behalf_of),
        }
        by_digest = {**values, "digest": request.call.digest, "limit": 1}
        row = self._run(looking_back.REJECTED_LATELY, by_digest).fetchone()
        if row is not None:
            return request_rows.request_from_row(row)
        # What people changed has another digest by now than the call its agent makes again.
        edited = self._run(
            looking_back.REJECTED_EDITED_LATELY, {**values, "limit": EDITED_MAX}
        ).fetchall()
        found = map(request_rows.request_from_row, edited)
        return next((each for each in found if each.asked_digest == request.call.digest), None)

    def opened_at(
        self, request: ApprovalRequest, *, since: datetime, agent: str | None, number: int
    ) -> datetime | None:
        """Return when the *number*-th latest question by its channel's rules was opened."""
        values = {
            "channel": request.requirement.channel,
            "since": columns.time_to_text(since),
            "id": request.id,
            "skipped": number - 1,
        }
        statement = looking_back.OPENED_AT
        if agent is not None:
            values["agent"] = agent
            statement = looking_back.OPENED_BY_AGENT_AT
        row = self._run(statement, values).fetchone()
        return None if row is None else columns.time_from_text(row["created_at"])

    def past(self, request: ApprovalRequest, *, since: datetime, limit: int) -> Sequence[Past]:
        """Return the latest ended requests among those, newest first."""
        found = []
        for row in self._run(
            looking_back.PAST, _alike(request, since) | {"limit": limit}
        ).fetchall():
            try:
                earlier = request_rows.request_from_row(row)
            except Exception:  # whatever is wrong with it, the question at hand can be shown
                _log.exception("Request %s cannot be read; it is left out", row["id"])
                continue
            permit = self._run(statements.PERMIT, {"request_id": earlier.id}).fetchone()
            found.append(Past(request=earlier, permit=permit and rows.permit_from_row(permit)))
        return found


def _alike(request: ApprovalRequest, since: datetime) -> dict[str, Any]:
    return {
        "tool": request.call.tool,
        "channel": request.channel,
        "since": columns.time_to_text(since),
        "until": columns.time_to_text(request.created_at),
        "id": request.id,
    }
