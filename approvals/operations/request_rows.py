"""The part of `Transaction` that is about requests, with their permits and cards.

Synchronous like the rest of it; storage implements all parts in one class.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import Card
from approvals.domain.ids import RequestId, RunId
from approvals.domain.permit import Permit


class RequestRows(Protocol):
    """Requests."""

    def request(self, request_id: RequestId, *, locked: bool = True) -> ApprovalRequest | None:
        """Return the request, by default locked until the transaction ends."""
        ...

    def request_by_key(self, key: str) -> ApprovalRequest | None:
        """Return the latest request (highest ask number) asked under *key*, locked."""
        ...

    def add_request(self, request: ApprovalRequest, permit: Permit | None = None) -> None:
        """Insert a new request; its *permit*, which is saved apart, tells when it lapses."""
        ...

    def save_request(self, request: ApprovalRequest, permit: Permit | None = None) -> None:
        """Store a changed request; compare-and-set on `version - 1`.

        Its *permit*, which is saved apart, tells when an ended one needs the clock.

        Raises:
            AlreadyDecided: the stored version is another one.
        """
        ...

    def overdue(self, now: datetime, *, limit: int, else_at: datetime) -> Sequence[ApprovalRequest]:
        """Return requests whose follow-up is due, earliest first.

        A row that cannot be read is logged and set aside until *else_at*.
        """
        ...

    def set_aside(self, request_id: RequestId, until: datetime | None) -> None:
        """Let a request's follow-up fall due at *until*, or never; nothing else of it changes."""
        ...

    def pending_without_key(self, *, limit: int) -> Sequence[ApprovalRequest]:
        """Return pending requests that no caller can come back to, but for unreadable ones."""
        ...

    def requests_of_run(self, run_id: RunId, *, locked: bool = True) -> Sequence[ApprovalRequest]:
        """Return what is open of a run, oldest first, by default locked.

        That is: pending, or approved and not yet claimed, or interrupted and not yet settled.
        """
        ...


class PermitRows(Protocol):
    """The execution record of each request."""

    def permit(self, request_id: RequestId) -> Permit | None:
        """Return the permit of a request."""
        ...

    def save_permit(self, permit: Permit) -> None:
        """Insert or update the one permit of its request."""
        ...

    def claimed_by_others(self, owner: str, *, limit: int) -> Sequence[Permit]:
        """Return permits claimed and unreported whose owner is another process than *owner*.

        A claim with a lease is no process's here: it ends by its time.
        """
        ...


class CardRows(Protocol):
    """Where requests are shown."""

    def cards(self, request_id: RequestId) -> Sequence[Card]:
        """Return all cards of a request, oldest first."""
        ...

    def cards_to_look_at(self, until: datetime, *, limit: int) -> Sequence[Card]:
        """Return the cards to be compared with Slack before *until*, longest due first."""
        ...

    def save_card(self, card: Card) -> None:
        """Insert or update a card by its id."""
        ...
