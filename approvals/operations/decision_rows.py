"""The part of `Transaction` that is about what people decided.

Synchronous like the rest of it; storage implements all parts in one class.
"""

from collections.abc import Sequence
from typing import Protocol

from approvals.domain.decision import Decision
from approvals.domain.ids import RequestId


class DecisionRows(Protocol):
    """The decisions of requests."""

    def decisions(self, request_id: RequestId) -> Sequence[Decision]:
        """Return the decisions of a request, oldest first."""
        ...

    def add_decision(self, decision: Decision) -> None:
        """Insert a decision; one per person and request."""
        ...

    def replace_decision(self, decision: Decision) -> None:
        """Put *decision* in the place of what the same person decided before."""
        ...
