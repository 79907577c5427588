"""A request has changed: let the App Homes that show an older state of it be drawn anew.

Called by the outbox before it draws the request's cards, so that a Home never waits for a channel.
"""

from collections.abc import Sequence
from dataclasses import replace

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import Card, CardKind
from approvals.domain.home import home_job
from approvals.domain.ids import UserId
from approvals.operations.desk import Desk
from approvals.operations.ports import CardContent, Transaction


async def tell_homes(desk: Desk, contents: Sequence[CardContent]) -> None:
    """Enqueue a `home` job for who has an entry of the request, and for who decided it.

    Raises:
        StoreUnavailable: nothing was stored.
    """
    stale = [each.card for each in contents if each.card.version_shown < each.request.version]
    if not stale:
        return
    request = contents[0].request
    deciders = {decision.user for decision in contents[0].decisions}
    entries = [card for card in stale if card.kind is CardKind.HOME]
    if entries or deciders:
        await desk.store.write(
            lambda tx: _tell(tx, desk, request, entries=entries, deciders=deciders)
        )


def _tell(
    tx: Transaction,
    desk: Desk,
    request: ApprovalRequest,
    *,
    entries: Sequence[Card],
    deciders: set[UserId],
) -> None:
    now, viewers = desk.clock.now(), set(deciders)
    if entries:
        tx.request(request.id)  # cards are changed by who holds their request
    for card in entries:
        # Noted as shown already: the job draws what is true by then.
        tx.save_card(replace(card, version_shown=request.version))
        assert card.viewer is not None
        viewers.add(card.viewer)
    for user in sorted(viewers):
        if tx.home(user) is not None:
            tx.enqueue(home_job(user, now))
