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

        Calls that a rule allowed or denied, or a freeze refused, do not count: nobody was asked.
        """
        ...

    def rejected_lately(
        self, request: ApprovalRequest, *, since: datetime
    ) -> ApprovalRequest | None:
        """Return the latest rejection by a person, after *since*, of the same question.

        The same are digest (of what was asked, or of what people made of it), requester, channel.
        """
        ...

    def opened_at(
        self, request: ApprovalRequest, *, since: datetime, agent: str | None, number: int
    ) -> datetime | None:
        """Return when the *number*-th latest question by the rules of its channel was opened.

        None when fewer were opened after *since*, by *agent* or (None) by anyone; *request*
        itself does not count.
        """
        ...

    def past(self, request: ApprovalRequest, *, since: datetime, limit: int) -> Sequence[Past]:
        """Return the latest ended requests among those, newest first, but for unreadable ones."""
        ...
