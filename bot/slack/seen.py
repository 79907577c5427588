"""Deliveries that were acted on: the same one a second time does nothing (case E8).

Kept in memory, bounded; Slack repeats an event for six minutes at most.
"""

from collections import OrderedDict

SEEN_MAX = 5_000


class Seen:
    """The newest keys that were taken."""

    def __init__(self) -> None:
        self._keys: OrderedDict[str, None] = OrderedDict()

    def takes(self, *keys: str) -> bool:
        """Whether none of *keys* was taken before; they are now."""
        is_new = not any(key in self._keys for key in keys)
        for key in keys:
            self._keys[key] = None
        while len(self._keys) > SEEN_MAX:
            self._keys.popitem(last=False)
        return is_new

    def forgets(self, key: str) -> None:
        """Let *key* be taken again: what it asked for was refused."""
        self._keys.pop(key, None)
