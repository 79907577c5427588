"""The part of `Transaction` that is about requests shown on one card.

Synchronous like the rest of it; storage implements all parts in one class.
"""

from collections.abc import Sequence
from typing import Protocol

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import Card
from approvals.domain.ids import RequestId


class JoiningRows(Protocol):
    """Requests that share a card; *first* is the one whose card it was before they came."""

    def joinable(self, request: ApprovalRequest, *, most: int) -> ApprovalRequest | None:
        """Return the latest pending request, locked, on whose card *request* could be shown.

        That is an older one, alike in all that its row holds of the question, with a card of its
        own that fewer than *most* have joined, which nobody changed and nobody holds.
        """
        ...

    def joinable_turn(self, request: ApprovalRequest, *, most: int) -> ApprovalRequest | None:
        """Return the latest older request of the same turn, locked, that is pending too.

        It has a card of its own that fewer than *most* have joined.
        """
        ...

    def waiting_cards(
        self, request: ApprovalRequest, *, least: int, most: int
    ) -> Sequence[ApprovalRequest]:
        """Return the latest older requests of the agent in the channel that wait, not locked.

        Each has a card of its own that fewer than *most* have joined. None where fewer than
        *least* cards wait.
        """
        ...

    def shown_with(self, first: RequestId, *, locked: bool = True) -> Sequence[ApprovalRequest]:
        """Return *first* and all that joined its card, by id, by default locked in that order.

        What cannot be read is left out, so that it keeps nobody from deciding the others.
        """
        ...

    def version_shown_with(self, first: RequestId) -> int:
        """Return the versions of all of these together, of those that cannot be read too."""
        ...

    def cards_shown_with(self, first: RequestId) -> Sequence[Card]:
        """Return all cards of all of these, oldest first."""
        ...
