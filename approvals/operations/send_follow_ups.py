"""The clock's turn: end what nobody answered in time.

Called by the sleeper at the earliest due moment and at start for what fell due while the gateway
was down. At most FOLLOW_UPS_MAX requests a transaction; the caller repeats while it is full.
"""

from approvals.domain.approval_request import Cause
from approvals.domain.card import CardKind
from approvals.domain.follow_up import due_follow_up
from approvals.domain.ids import RequestId
from approvals.domain.lifecycle import advance
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction
from approvals.operations.save_step import save_step

FOLLOW_UPS_MAX = 100


async def send_follow_ups(desk: Desk) -> int:
    """Carry out what is due now and return how many requests that were.

    Raises:
        StoreUnavailable: nothing was stored.
    """
    return await desk.store.write(lambda tx: _follow_up(tx, desk))


def _follow_up(tx: Transaction, desk: Desk) -> int:
    now = desk.clock.now()
    due = tx.overdue(now, limit=FOLLOW_UPS_MAX)
    for request in due:
        if due_follow_up(request, now=now) is not None:
            save_step(tx, advance(request, timeout_cause(tx, request.id), now=now))
    return len(due)


def timeout_cause(tx: Transaction, request_id: RequestId) -> Cause:
    """Return why a request whose time is over ends: silence, or that nobody could see it."""
    posted = any(
        card.ts is not None for card in tx.cards(request_id) if card.kind is CardKind.MESSAGE
    )
    return Cause.TIMEOUT if posted else Cause.UNDELIVERABLE
