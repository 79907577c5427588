"""Why a request whose time is over ends: asked by the clock, and by a click that is too late."""

from approvals.domain.approval_request import Cause
from approvals.domain.ids import RequestId
from approvals.operations.ports import Transaction


def timeout_cause(tx: Transaction, request_id: RequestId) -> Cause:
    """Return why a request whose time is over ends: silence, or that nobody could see it."""
    posted = any(card.ts is not None for card in tx.cards(request_id) if card.asks)
    return Cause.TIMEOUT if posted else Cause.UNDELIVERABLE
