"""How many streams may be open at once: of one key, of who has yet to say one, and in all."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from approvals.domain import door_errors
from approvals.domain.ids import KeyId

STRANGERS_MAX = 32


@dataclass(slots=True, kw_only=True)
class Seats:
    """The places there are."""

    in_all: int = 2_000
    of_key: int = 100
    strangers: int = STRANGERS_MAX
    """Connections that have yet to say who they are."""
    _taken: Counter[KeyId | None] = field(default_factory=Counter)

    @contextmanager
    def taken(self, key_id: KeyId | None) -> Iterator[None]:
        """Keep one place for a key, or (None) for a stranger, until the block ends.

        Raises:
            TooManyStreams
        """
        self._refuse_full(key_id)
        self._taken[key_id] += 1
        try:
            yield
        finally:
            self._taken[key_id] -= 1
            if not self._taken[key_id]:
                del self._taken[key_id]

    def _refuse_full(self, key_id: KeyId | None) -> None:
        most = self.strangers if key_id is None else self.of_key
        if self._taken[key_id] >= most or self._taken.total() >= self.in_all:
            who = "this gateway" if self._taken.total() >= self.in_all else "this key"
            raise door_errors.TooManyStreams(
                f"Too many streams of {who} are open at once. Close one, or try again later.",
                retry_after_s=5.0,
            )
