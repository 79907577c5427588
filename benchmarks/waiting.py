"""The calls that wait for a person in a benchmark, and the moment each of them is resumed."""

import asyncio
from dataclasses import dataclass

from approvals.domain.ids import RequestId
from approvals.gate.gateway import Clearance
from approvals.operations.ports import Committed


@dataclass(slots=True, kw_only=True)
class Waiting:
    """A call that waits for a person."""

    request_id: RequestId
    nonce: str
    call: asyncio.Task[Clearance]
    ended: asyncio.Future[None]
    """Resolved as the gateway resolves its own waiter: by the news of the commit."""


class Ends:
    """A future for each waiting call, resolved by the news of the commit that ends it."""

    def __init__(self) -> None:
        self._ends: dict[RequestId, asyncio.Future[None]] = {}

    def of(self, request_id: RequestId) -> asyncio.Future[None]:
        """Return the future of one request."""
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ends[request_id] = ended
        return ended

    def tell(self, news: Committed) -> None:
        """Resolve the futures of the requests that ended."""
        for request in news.ended:
            ended = self._ends.pop(request.id, None)
            if ended is not None:
                ended.set_result(None)
