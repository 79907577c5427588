"""The part of `Transaction` that is about what is frozen.

Synchronous like the rest of it; storage implements all parts in one class.
"""

from collections.abc import Sequence
from typing import Protocol

from approvals.domain.freeze import Freeze
from approvals.domain.ids import RequestId


class FreezeRows(Protocol):
    """Freezes, one row a scope, and whose cards tell of them."""

    def freezes(self) -> Sequence[Freeze]:
        """Return the freezes nobody has ended; the time of one of them may be over."""
        ...

    def freeze(self, scope: str) -> Freeze | None:
        """Return the latest freeze of *scope*, locked."""
        ...

    def save_freeze(self, freeze: Freeze) -> None:
        """Put *freeze* in the place of the one before of its scope."""
        ...

    def pending_ids(self) -> Sequence[RequestId]:
        """Return the ids of all pending requests, sorted; nothing is locked."""
        ...
