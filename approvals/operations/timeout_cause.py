"""Why a request whose time is over ends: asked by the clock, and by a click that is too late."""

from approvals.domain.approval_request import ApprovalRequest, Cause
from approvals.operations.ports import Transaction
from approvals.operations.shared_cards import cards_showing


def timeout_cause(tx: Transaction, request: ApprovalRequest) -> Cause:
    """Return why a request whose time is over ends: silence, or that nobody could see it."""
    posted = any(card.ts is not None for card in cards_showing(tx, request) if card.asks)
    return Cause.TIMEOUT if posted else Cause.UNDELIVERABLE
