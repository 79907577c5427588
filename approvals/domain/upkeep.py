"""When a card is compared with what stands in Slack, and when it has to be drawn again.

Pure; asked by the outbox, which draws, and by `reconcile`, which looks. Source: ADR-0023.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from approvals.domain.absence import Absence
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import Card

LOOK_EVERY = timedelta(minutes=5)
"""How often a card on which people can still press something is looked for."""
GIVE_UP_AFTER = timedelta(days=7)
"""How long an ended request's card that Slack will not let us change is tried."""


def lags(card: Card, version: int, missed: Sequence[Absence]) -> bool:
    """Whether *card* shows less than is true now.

    *version* is that of all it shows together, *missed* are the absences it should tell of.
    """
    if card.is_personal:
        return False
    if card.version_shown < version:
        return True
    return bool(missed) and (card.drawn_at is None or card.drawn_at < missed[-1].ended_at)


def next_look(
    card: Card, request: ApprovalRequest, *, is_open: bool, now: datetime
) -> datetime | None:
    """Return when *card* is looked at next; None when nothing more can come of it.

    *is_open* says whether people can still press something on it. An ended one matters only while
    it could not be drawn: it is tried at ages that double.
    """
    if is_open:
        return now + LOOK_EVERY
    if card.trouble is None:
        return None
    age = now - (request.ended_at or request.created_at)
    return None if age > GIVE_UP_AFTER else now + max(LOOK_EVERY, age)
