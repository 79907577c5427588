"""A person pressed Approve or Reject: look them up now, then store the decision or the refusal.

Called by every door through which people decide. The person and the people sets are read from the
directory before the transaction; inside it `record_decision` does the rest.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeVar

from approvals.domain import errors
from approvals.domain.decision import Verdict
from approvals.domain.edit_errors import ReasonRequired
from approvals.domain.inquiry import is_inquiry
from approvals.domain.requirement import WantedReason
from approvals.operations.click import (
    Answer,
    Click,
    FullView,
    PeopleMissing,
    Presser,
    WindowUse,
)
from approvals.operations.desk import Desk
from approvals.operations.hearing import Hearing
from approvals.operations.ports import CardContent, Transaction
from approvals.operations.read_presser import PresserReads
from approvals.operations.read_window import read_window
from approvals.operations.record_decision import record_decision
from approvals.operations.record_full_view import record_full_view

__all__ = [
    "Answer",
    "Click",
    "FullView",
    "WindowUse",
    "decide",
    "open_full_view",
    "open_window",
    "with_people",
]

Result = TypeVar("Result")

_READS_MAX = 4
"""Reading people anew because the policy changed between two reads ends after so many rounds."""


async def decide(
    desk: Desk, click: Click, *, asks_why: frozenset[WantedReason] = frozenset()
) -> Answer:
    """Record the verdict, or the refusal with its reason.

    Where an open request wants a reason in one of the cases *asks_why*, nothing is decided nor
    recorded: the answer is ReasonRequired, and a form asks for it.

    Raises:
        StoreUnavailable: nothing was stored.
    """
    return await with_people(desk, click, partial(_decided, asks_why=asks_why))


def _decided(hearing: Hearing, *, asks_why: frozenset[WantedReason]) -> Answer:
    if asks_why:  # in the one unit, because each is a way to the database and back
        request = hearing.tx.request(hearing.click.request_id, locked=False)
        if request is not None and request.is_pending and request.requirement.reason in asks_why:
            is_misplaced = is_inquiry(request.call) and hearing.click.verdict is Verdict.APPROVE
            if not is_misplaced:  # what asks for an answer cannot be approved, with no reason
                return Answer(refusal=ReasonRequired())
    return record_decision(hearing)


async def open_full_view(desk: Desk, click: Click) -> FullView | Answer:
    """Remember that this person opened the full view; its card's nonce decides on the last page.

    Raises:
        StoreUnavailable: nothing was stored.
    """
    return await with_people(desk, click, record_full_view)


async def open_window(desk: Desk, click: Click, *, use: WindowUse) -> CardContent | Answer:
    """Return what a window of the pressed card shows; a form only to who may send it.

    Raises:
        StoreUnavailable: nothing was stored.
    """
    return await with_people(desk, click, partial(read_window, use=use))


async def with_people(
    desk: Desk, click: Click, unit: Callable[[Hearing], Result], *, at: datetime | None = None
) -> Result | Answer:
    """Run *unit* with who pressed and the people sets it needs, read just now.

    The click came *at* that moment, or comes now.
    """
    came_at = at or desk.clock.now()
    reads = PresserReads(desk, click)

    def heard(who: Presser) -> Callable[[Transaction], Result]:
        return lambda tx: unit(Hearing(tx=tx, desk=desk, click=click, who=who, at=came_at))

    for _ in range(_READS_MAX):
        presser = await reads.presser()
        try:
            return await desk.store.write(heard(presser))
        except PeopleMissing as missing:
            reads.want(missing)
    return Answer(refusal=errors.IdentityUnverified())
