"""Requests that share a card, as a transaction sees them. A part of `SqlTransaction`."""

from collections.abc import Mapping, Sequence
from typing import Any

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import Card
from approvals.domain.ids import RequestId
from approvals.storage import joining_statements as statements
from approvals.storage import request_rows, rows
from approvals.storage.dialects import Statement
from approvals.storage.sql_work import SqlWork

CARDS_LOOKED_AT = 10
"""So many of the latest cards may be the one that a burst folds into."""


class SqlJoining(SqlWork):
    """What one unit reads of shared cards."""

    def joinable(self, request: ApprovalRequest, *, most: int) -> ApprovalRequest | None:
        """Return the latest pending request on whose card *request* could be shown."""
        row = request_rows.request_to_row(request)
        values = {name: row[name] for name in ("id", "digest", "agent", "channel", "requirement")}
        return self._first(statements.JOINABLE, {**values, "most": most})

    def joinable_turn(self, request: ApprovalRequest, *, most: int) -> ApprovalRequest | None:
        """Return the latest older request of the same turn that is pending too."""
        values = {"turn": request.turn, "id": request.id, "most": most}
        return self._first(statements.JOINABLE_TURN, values)

    def waiting_cards(
        self, request: ApprovalRequest, *, least: int, most: int
    ) -> Sequence[ApprovalRequest]:
        """Return the latest readable older requests of the agent in the channel that wait."""
        values = {"agent": request.requester.agent, "channel": request.channel, "id": request.id}
        nth = self._run(statements.HAS_WAITING_CARDS, {**values, "before": least - 1}).fetchone()
        if nth is None:
            return ()
        latest = {**values, "most": most, "limit": CARDS_LOOKED_AT}
        return self._all_readable(statements.WAITING_CARDS, latest, request_rows.request_from_row)

    def shown_with(self, first: RequestId, *, locked: bool = True) -> Sequence[ApprovalRequest]:
        """Return *first* and all that joined its card, but for those that cannot be read."""
        statement = statements.SHOWN_WITH_LOCKED if locked else statements.SHOWN_WITH
        return self._all_readable(statement, {"first": first}, request_rows.request_from_row)

    def _first(self, statement: Statement, values: Mapping[str, Any]) -> ApprovalRequest | None:
        """Return the one request found; what cannot be read is as good as not there."""
        found = self._all_readable(statement, values, request_rows.request_from_row)
        return found[0] if found else None

    def version_shown_with(self, first: RequestId) -> int:
        """Return the versions of all of these together, of those that cannot be read too."""
        row = self._run(statements.VERSION_SHOWN_WITH, {"first": first}).fetchone()
        return 0 if row is None else int(row["version"] or 0)

    def cards_shown_with(self, first: RequestId) -> Sequence[Card]:
        """Return all cards of all of these."""
        found = self._run(statements.CARDS_SHOWN_WITH, {"first": first})
        return [rows.card_from_row(row) for row in found]
