"""Where callers wait: one future each, found by the request they wait for.

Held by the local gateway and woken by the store's news of commits. It stores nothing; a caller
that comes back by its key finds its question in the rows.
"""

import asyncio
import logging
from dataclasses import dataclass

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.ids import RequestId
from approvals.gate.questions import Hearer
from approvals.operations.ports import Committed

_log = logging.getLogger("sayso.gate")
Waiter = asyncio.Future[ApprovalRequest]


def tell_waiting(request: ApprovalRequest) -> None:
    """Log at INFO what a caller begins to wait for, which otherwise looks like hanging."""
    if not _log.isEnabledFor(logging.INFO):
        return
    _log.info(
        "%.100r waits for a decision in %s until %s UTC (request %s)",
        request.call.tool,
        request.requirement.channel_name,
        f"{request.expires_at:%Y-%m-%d %H:%M:%S}",
        request.id,
    )


class WaitingRoom:
    """The waiting callers of one process."""

    def __init__(self) -> None:
        """Start empty."""
        self._waiters: dict[RequestId, tuple[Waiter, ...]] = {}
        self._hearers: dict[RequestId, Hearer] = {}

    def __len__(self) -> int:
        return sum(map(len, self._waiters.values()))

    def waiting(
        self, request_id: RequestId, waiter: Waiter, hearer: Hearer | None = None
    ) -> "Place":
        """Return the place in which *waiter* is woken by the end of the request; enter it.

        Until it is left *hearer* answers what is asked about the request.
        """
        if hearer is not None:
            self._hearers[request_id] = hearer
        return Place(self._waiters, request_id, waiter, self._hearers)

    def hearer(self, request_id: RequestId) -> Hearer | None:
        """Return who answers questions about a request, None where nobody here waits for it."""
        return self._hearers.get(request_id)

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


@dataclass(frozen=True, slots=True)
class Place:
    """One caller's place; a class, because a generator for each would cost four times as much."""

    waiters: dict[RequestId, tuple[Waiter, ...]]
    request_id: RequestId
    waiter: Waiter
    hearers: dict[RequestId, Hearer]

    def __enter__(self) -> None:
        here = self.waiters.get(self.request_id, ())
        self.waiters[self.request_id] = (*here, self.waiter)

    def __exit__(self, *_: object) -> None:
        here = tuple(each for each in self.waiters[self.request_id] if each is not self.waiter)
        if here:
            self.waiters[self.request_id] = here
        else:
            del self.waiters[self.request_id]
            self.hearers.pop(self.request_id, None)
