"""Everything a card tells, read in one transaction.

Used by the outbox before it draws a card, and by doors that open a view of a request.
"""

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import Card
from approvals.domain.ids import RequestId
from approvals.operations.desk import Desk
from approvals.operations.ports import CardContent, Transaction


def read_content(tx: Transaction, request: ApprovalRequest, card: Card) -> CardContent:
    """Return what *card* of *request* has to show now."""
    return CardContent(
        card=card,
        request=request,
        decisions=tuple(tx.decisions(request.id)),
        permit=tx.permit(request.id),
        earlier=tx.request(request.earlier) if request.earlier else None,
        earlier_permit=tx.permit(request.earlier) if request.earlier else None,
    )


async def read_cards(desk: Desk, request_id: RequestId) -> tuple[CardContent, ...]:
    """Return the content of every card of a request, none for an unknown request.

    Raises:
        StoreUnavailable
    """

    def unit(tx: Transaction) -> tuple[CardContent, ...]:
        request = tx.request(request_id)
        if request is None:
            return ()
        return tuple(read_content(tx, request, card) for card in tx.cards(request_id))

    return await desk.store.write(unit)
