"""Requests that share a card, as a transaction sees them. A part of `SqlTransaction`."""

from collections.abc import Sequence

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import Card
from approvals.domain.ids import RequestId
from approvals.storage import joining_statements as statements
from approvals.storage import request_rows, rows
from approvals.storage.sql_work import SqlWork

CARDS_LOOKED_AT = 10
"""So many of the latest cards may be the one that a burst folds into."""


class SqlJoining(SqlWork):
    """What one unit reads of shared cards."""

    def joinable(self, request: ApprovalRequest, *, most: int) -> ApprovalRequest | None:
        """Return the latest pending request on whose card *request* could be shown."""
        row = request_rows.request_to_row(request)
        values = {name: row[name] for name in ("id", "digest", "agent", "channel", "requirement")}
        found = self._run(statements.JOINABLE, {**values, "most": most}).fetchone()
        return None if found is None else request_rows.request_from_row(found)

    def joinable_turn(self, request: ApprovalRequest, *, most: int) -> ApprovalRequest | None:
        """Return the latest older request of the same turn that is pending too."""
        values = {"turn": request.turn, "id": request.id, "most": most}
        found = self._run(statements.JOINABLE_TURN, values).fetchone()
        return None if found is None else request_rows.request_from_row(found)

    def waiting_cards(
        self, request: ApprovalRequest, *, least: int, most: int
    ) -> Sequence[ApprovalRequest]:
        """Return the latest older requests of the agent in the channel that wait."""
        values = {"agent": request.requester.agent, "channel": request.channel, "id": request.id}
        nth = self._run(statements.HAS_WAITING_CARDS, {**values, "before": least - 1}).fetchone()
        if nth is None:
            return ()
        latest = {**values, "most": most, "limit": CARDS_LOOKED_AT}
        found = self._run(statements.WAITING_CARDS, latest).fetchall()
        return [request_rows.request_from_row(row) for row in found]

    def shown_with(self, first: RequestId, *, locked: bool = True) -> Sequence[ApprovalRequest]:
        """Return *first* and all that joined its card."""
        statement = statements.SHOWN_WITH_LOCKED if locked else statements.SHOWN_WITH
        found = self._run(statement, {"first": first}).fetchall()
        return [request_rows.request_from_row(row) for row in found]

    def cards_shown_with(self, first: RequestId) -> Sequence[Card]:
        """Return all cards of all of these."""
        found = self._run(statements.CARDS_SHOWN_WITH, {"first": first})
        return [rows.card_from_row(row) for row in found]
