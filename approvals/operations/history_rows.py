"""The part of `Transaction` that looks back: what became of calls like this one.

Synchronous like the rest of it; nothing read here is locked, because nothing is decided by it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.history import History, Past


class HistoryRows(Protocol):
    """Earlier requests about the same tool in the same channel."""

    def history(self, request: ApprovalRequest, *, since: datetime) -> History:
        """Count what people were asked before *request* and after *since*, and how it went.

        Calls that a rule allowed or denied do not count: nobody was asked.
        """
        ...

    def past(self, request: ApprovalRequest, *, since: datetime, limit: int) -> Sequence[Past]:
        """Return the latest ended requests among those, newest first, but for unreadable ones."""
        ...
