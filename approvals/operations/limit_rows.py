"""The part of `Transaction` that counts what waits, for limits."""

from datetime import datetime
from typing import Protocol

from approvals.domain.approval_request import Requester


class LimitRows(Protocol):
    """How much is asked."""

    def pending_of(self, requester: Requester) -> int:
        """Return how many requests of this agent of this person are pending."""
        ...

    def pending_of_all(self) -> int:
        """Return how many requests are pending."""
        ...

    def asked_of_people(self, requester: Requester, *, number: int) -> datetime | None:
        """Return when the *number*-th latest question of this agent of this person was asked.

        What a rule allowed or denied is no question. None when fewer were asked.
        """
        ...
