"""The part of `Transaction` that is about keys.

Synchronous like the rest of it; storage implements all parts in one class.
"""

from typing import Protocol

from approvals.domain.ids import KeyId
from approvals.domain.key import Key


class KeyRows(Protocol):
    """Keys, the revoked ones too."""

    def key(self, key_id: KeyId) -> Key | None:
        """Return the key, locked."""
        ...

    def save_key(self, key: Key) -> None:
        """Insert or update a key."""
        ...
