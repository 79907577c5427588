"""Stores that are slow, full or broken, in front of the real one: the store port is the seam."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.errors import StoreFull, StoreUnavailable
from approvals.domain.freeze import Freeze
from approvals.domain.ids import RequestId
from approvals.operations.ports import Committed, Store, Transaction
from approvals.operations.snapshot import Snapshot

Result = TypeVar("Result")


class TroubledStore:
    """Passes everything on; `delay_s`, `held` and `failure` strike the next writes."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.delay_s = 0.0
        self.held = asyncio.Event()
        """Writes wait for it; set, as it is at first, they do not."""
        self.held.set()
        self.held_reads = asyncio.Event()
        """The same of reading one request."""
        self.held_reads.set()
        self.failure: Exception | None = None

    def fill_up(self) -> None:
        self.failure = StoreFull()

    async def write(self, unit: Callable[[Transaction], Result]) -> Result:
        await asyncio.sleep(self.delay_s)
        await self.held.wait()
        if self.failure is not None:
            raise self.failure
        return await self.inner.write(unit)

    async def look(self, unit: Callable[[Snapshot], Result]) -> Result:
        if self.failure is not None:
            raise self.failure
        return await self.inner.look(unit)

    @property
    def is_writable(self) -> bool:
        return self.failure is None

    async def health(self) -> StoreUnavailable | None:
        return await self.inner.health()

    async def request(self, request_id: RequestId) -> ApprovalRequest | None:
        await self.held_reads.wait()
        if self.failure is not None:
            raise self.failure
        return await self.inner.request(request_id)

    async def freezes(self) -> Sequence[Freeze]:
        return await self.inner.freezes()

    async def next_due_at(self) -> datetime | None:
        return await self.inner.next_due_at()

    async def next_job_at(self) -> datetime | None:
        return await self.inner.next_job_at()

    def on_commit(self, listener: Callable[[Committed], None]) -> None:
        self.inner.on_commit(listener)
