"""Keys whose question is known to be pending, so that a resume looks most siblings up in memory.

LangGraph enters every call that still waits again on each resume; without this each of them reads
its row. Held by the local gateway and told of every end by the store's news; what it does not know
is read. It never says that something may run.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable

from approvals.domain.ids import RequestId
from approvals.operations.ports import Committed

REMEMBERED_MAX = 10_000


class PendingKeys:
    """What is pending, as far as this process has read it."""

    def __init__(self) -> None:
        """Know nothing."""
        self._known: OrderedDict[str, RequestId] = OrderedDict()
        self._ends = 0

    async def find(
        self, key: str, read: Callable[[], Awaitable[RequestId | None]]
    ) -> RequestId | None:
        """Return the request pending under *key*, by memory or else by *read*."""
        known = self._known.get(key)
        if known is not None:
            return known
        ends_before = self._ends
        found = await read()
        # An end that came between the reading and this line would never be heard of again.
        if found is not None and self._ends == ends_before:
            self._known[key] = found
            if len(self._known) > REMEMBERED_MAX:
                self._known.popitem(last=False)
        return found

    def forget(self, news: Committed) -> None:
        """Forget what has ended."""
        self._ends += len(news.ended)
        for request in news.ended:
            if request.key is not None:
                self._known.pop(request.key, None)
