"""Something has changed: let the App Homes that show an older state be drawn anew.

Called by the outbox before it draws a request's cards, so that a Home never waits for a channel.
Who has an entry of the request sees its change at once; what is new shows a moment later to those
who opened their Home lately.
"""

from collections.abc import Sequence
from dataclasses import replace

from approvals.domain.card import Card, CardKind
from approvals.domain.home import NEWS_AFTER, WATCHED_FOR, WATCHED_MAX, home_job
from approvals.domain.ids import UserId
from approvals.operations.desk import Desk
from approvals.operations.ports import CardContent, Transaction


async def tell_homes(desk: Desk, contents: Sequence[CardContent]) -> None:
    """Enqueue a `home` job for who has an entry of what changed, and for who decided it.

    Raises:
        StoreUnavailable: nothing was stored.
    """
    stale = [each for each in contents if each.card.version_shown < each.version]
    if not stale:
        return
    if contents[0].request.is_pending and any(_is_first(each.card) for each in stale):
        await desk.store.write(lambda tx: tell_watched_homes(tx, desk))
    parts = [part for each in contents for part in each.parts]
    deciders = {decision.user for part in parts for decision in part.decisions}
    entries = [each for each in stale if each.card.kind is CardKind.HOME]
    if entries or deciders:
        await desk.store.write(lambda tx: _tell(tx, desk, entries, deciders=deciders))


def tell_watched_homes(tx: Transaction, desk: Desk) -> None:
    """Let the Homes that may be looked at just now show soon what is new."""
    now = desk.clock.now()
    watched = tx.homes_opened_since(now - WATCHED_FOR, limit=WATCHED_MAX)
    for user in sorted(home.user for home in watched):
        tx.enqueue(home_job(user, now + NEWS_AFTER))


def _is_first(card: Card) -> bool:
    """Whether people are asked with *card* for the first time."""
    return card.ts is None and card.kind is not CardKind.HOME


def _tell(
    tx: Transaction, desk: Desk, entries: Sequence[CardContent], *, deciders: set[UserId]
) -> None:
    now, viewers = desk.clock.now(), set(deciders)
    for request_id in sorted({each.card.request_id for each in entries}):
        tx.request(request_id)  # cards are changed by who holds their request
    for entry in entries:
        # Noted as shown already: the job draws what is true by then.
        tx.save_card(replace(entry.card, version_shown=entry.version))
        assert entry.card.viewer is not None
        viewers.add(entry.card.viewer)
    for user in sorted(viewers):
        if tx.home(user) is not None:
            tx.enqueue(home_job(user, now))
