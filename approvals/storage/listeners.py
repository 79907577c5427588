"""Who hears of commits: told on the event loop, each on its own."""

import logging
from collections.abc import Callable

from approvals.operations.ports import Committed

_log = logging.getLogger(__name__)


class Listeners:
    """The listeners of one store."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Committed], None]] = []

    def add(self, listener: Callable[[Committed], None]) -> None:
        """Call *listener* after each commit that has news."""
        self._listeners.append(listener)

    def tell(self, news: Committed) -> None:
        """Tell everybody; one that fails does not silence the others."""
        for listener in self._listeners:
            try:
                listener(news)
            except Exception:  # the other listeners still have to hear it
                _log.exception("a listener of the store failed")
