"""A store that is as far away as a database on a busy network: each use takes longer."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.errors import StoreUnavailable
from approvals.domain.freeze import Freeze
from approvals.domain.ids import RequestId
from approvals.operations.ports import Committed, Store, Transaction
from approvals.operations.snapshot import Snapshot

Result = TypeVar("Result")


class SlowStore:
    """Implements the `Store` port over another store, everything `delay_s` later."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.delay_s = 0.0

    async def write(self, unit: Callable[[Transaction], Result]) -> Result:
        await asyncio.sleep(self.delay_s)
        return await self._store.write(unit)

    async def look(self, unit: Callable[[Snapshot], Result]) -> Result:
        await asyncio.sleep(self.delay_s)
        return await self._store.look(unit)

    @property
    def is_writable(self) -> bool:
        return self._store.is_writable

    async def health(self) -> StoreUnavailable | None:
        return await self._store.health()

    async def request(self, request_id: RequestId) -> ApprovalRequest | None:
        await asyncio.sleep(self.delay_s)
        return await self._store.request(request_id)

    async def freezes(self) -> Sequence[Freeze]:
        await asyncio.sleep(self.delay_s)
        return await self._store.freezes()

    async def next_due_at(self) -> datetime | None:
        await asyncio.sleep(self.delay_s)
        return await self._store.next_due_at()

    async def next_job_at(self) -> datetime | None:
        await asyncio.sleep(self.delay_s)
        return await self._store.next_job_at()

    def on_commit(self, listener: Callable[[Committed], None]) -> None:
        self._store.on_commit(listener)
