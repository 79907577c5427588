"""Times in which no click could arrive, because the gateway or its connection was gone.

Noted by `operations/note_presence`; a card that was open meanwhile says so, because whoever pressed
a button of it saw nothing happen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from approvals.domain.approval_request import ApprovalRequest

ABSENCE_MIN = timedelta(seconds=5)
"""What is shorter is not told: a person who saw nothing happen has clicked again by then."""
ABSENCES_KEPT_MAX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """One such time."""

    began_at: datetime
    ended_at: datetime


def missed_by(request: ApprovalRequest, absences: Sequence[Absence]) -> tuple[Absence, ...]:
    """Return the *absences*, oldest first, in which people could click on *request* in vain.

    One that began before the request did begins with it; none concerns a request that has ended.
    """
    if not request.is_pending:
        return ()
    return tuple(
        replace(each, began_at=max(each.began_at, request.created_at))
        for each in absences
        if each.ended_at > request.created_at
    )
