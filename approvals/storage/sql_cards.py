"""Cards, as a transaction sees them: the `CardRows` port. A part of `SqlTransaction`."""

from collections.abc import Sequence

from approvals.domain.card import Card
from approvals.domain.ids import RequestId
from approvals.storage import card_statements as statements
from approvals.storage import rows
from approvals.storage.sql_work import SqlWork


class SqlCards(SqlWork):
    """Cards of one unit."""

    def cards(self, request_id: RequestId) -> Sequence[Card]:
        """Return all cards of a request, oldest first."""
        found = self._run(statements.CARDS, {"request_id": request_id})
        return [rows.card_from_row(row) for row in found]

    def save_card(self, card: Card) -> None:
        """Insert or update a card by its id."""
        self._run(statements.SAVE_CARD, rows.card_to_row(card))
