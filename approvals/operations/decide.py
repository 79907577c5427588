"""A person pressed Approve or Reject: look them up now, then store the decision or the refusal.

Called by every door through which people decide. The person and the people sets are read from the
directory before the transaction; inside it `record_decision` does the rest.
"""

from collections.abc import Callable
from typing import TypeVar

from approvals.domain import errors
from approvals.operations.click import (
    Answer,
    Click,
    FullView,
    PeopleMissing,
    Presser,
    WindowUse,
)
from approvals.operations.desk import Desk
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


async def decide(desk: Desk, click: Click) -> Answer:
    """Record the verdict, or the refusal with its reason.

    Raises:
        StoreUnavailable: nothing was stored.
    """
    started_at = desk.clock.now()
    return await with_people(
        desk, click, lambda tx, who: record_decision(tx, desk, click, who=who, at=started_at)
    )


async def open_full_view(desk: Desk, click: Click) -> FullView | Answer:
    """Remember that this person opened the full view; its card's nonce decides on the last page.

    Raises:
        StoreUnavailable: nothing was stored.
    """
    started_at = desk.clock.now()
    return await with_people(
        desk, click, lambda tx, who: record_full_view(tx, desk, click, who=who, at=started_at)
    )


async def open_window(desk: Desk, click: Click, *, use: WindowUse) -> CardContent | Answer:
    """Return what a window of the pressed card shows; a form only to who may send it.

    Raises:
        StoreUnavailable: nothing was stored.
    """
    at = desk.clock.now()
    return await with_people(
        desk,
        click,
        lambda tx, who: read_window(tx, desk, click, who=who, at=at, use=use),
    )


async def with_people(
    desk: Desk, click: Click, unit: Callable[[Transaction, Presser], Result]
) -> Result | Answer:
    """Run *unit* with who pressed and the people sets it needs, read just now."""
    reads = PresserReads(desk, click)
    for _ in range(_READS_MAX):
        presser = await reads.presser()
        try:
            return await desk.store.write(_bound(unit, presser))
        except PeopleMissing as missing:
            reads.want(missing)
    return Answer(refusal=errors.IdentityUnverified())


def _bound(
    unit: Callable[[Transaction, Presser], Result], who: Presser
) -> Callable[[Transaction], Result]:
    return lambda tx: unit(tx, who)
