"""Where callers wait: one future each, found by the request they wait for.

Held by the local gateway and woken by the store's news of commits. It stores nothing; a caller
that comes back by its key finds its question in the rows.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.ids import RequestId
from approvals.operations.ports import Committed

Waiter = asyncio.Future[ApprovalRequest]


class WaitingRoom:
    """The waiting callers of one process."""

    def __init__(self) -> None:
        """Start empty."""
        self._waiters: dict[RequestId, list[Waiter]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._waiters.values()))

    @contextmanager
    def waiting(self, request_id: RequestId, waiter: Waiter) -> Iterator[None]:
        """Let *waiter* be woken by the end of the request, inside the block."""
        self._waiters.setdefault(request_id, []).append(waiter)
        try:
            yield
        finally:
            waiters = self._waiters[request_id]
            waiters.remove(waiter)
            if not waiters:
                del self._waiters[request_id]

    def wake(self, news: Committed) -> None:
        """Hand every ended request to those who wait for it."""
        for request in news.ended:
            for waiter in self._waiters.get(request.id, ()):
                if not waiter.done():
                    waiter.set_result(request)

    def close(self) -> None:
        """Send everybody away; each waiter ends cancelled."""
        for waiters in self._waiters.values():
            for waiter in waiters:
                waiter.cancel()
