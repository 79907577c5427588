"""Cards, as a transaction sees them: the `CardRows` port. A part of `SqlTransaction`."""

from collections.abc import Sequence
from datetime import datetime

from approvals.domain.card import Card
from approvals.domain.ids import RequestId
from approvals.storage import card_statements as statements
from approvals.storage import columns, rows
from approvals.storage.sql_work import SqlWork


class SqlCards(SqlWork):
    """Cards of one unit."""

    def cards(self, request_id: RequestId) -> Sequence[Card]:
        """Return all cards of a request, oldest first."""
        found = self._run(statements.CARDS, {"request_id": request_id})
        return [rows.card_from_row(row) for row in found]

    def cards_to_look_at(self, until: datetime, *, limit: int) -> Sequence[Card]:
        """Return the cards to be compared with Slack before *until*, longest due first."""
        values = {"until": columns.time_to_text(until), "limit": limit}
        return [rows.card_from_row(row) for row in self._run(statements.CARDS_TO_LOOK_AT, values)]

    def save_card(self, card: Card) -> None:
        """Insert or update a card by its id."""
        self._run(statements.SAVE_CARD, rows.card_to_row(card))
