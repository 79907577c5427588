"""What both stores answer outside their transactions: single reads, and how the last write went.

A part of `SqlStore` and `PostgresStore`; they say how one row is read and how a unit is written.
"""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.freeze import Freeze
from approvals.domain.ids import RequestId
from approvals.operations.ports import Clock, Committed, Transaction
from approvals.storage import columns, request_rows, rows, statements
from approvals.storage.dialects import Statement
from approvals.storage.freeze_statements import FREEZES
from approvals.storage.listeners import Listeners

Result = TypeVar("Result")

PROBED_FACT = "store.probed_at"


class SqlReads(ABC):
    """The reads and the health of a store."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._listeners = Listeners()

    @abstractmethod
    async def write(self, unit: Callable[[Transaction], Result]) -> Result:
        """Run *unit* in a transaction and return its result after the commit."""

    @abstractmethod
    async def _read(self, statement: Statement, values: Mapping[str, Any]) -> Any:
        """Return the first row of *statement*, or None.

        Raises:
            StoreUnavailable: it cannot be read.
        """

    @abstractmethod
    async def _read_all(self, statement: Statement) -> Sequence[Any]:
        """Return every row of *statement*, which takes no values.

        Raises:
            StoreUnavailable: it cannot be read.
        """

    @property
    @abstractmethod
    def _last_trouble(self) -> errors.StoreUnavailable | None:
        """Why the last write was not stored, or None when it was."""

    async def request(self, request_id: RequestId) -> ApprovalRequest | None:
        """Read one request without locking it or waiting for a commit.

        Raises:
            StoreUnavailable: it cannot be read.
        """
        row = await self._read(statements.REQUEST, {"id": request_id})
        return None if row is None else request_rows.request_from_row(row)

    async def freezes(self) -> Sequence[Freeze]:
        """Return the freezes nobody has ended.

        Raises:
            StoreUnavailable: they cannot be read.
        """
        return [rows.freeze_from_row(row) for row in await self._read_all(FREEZES)]

    async def next_due_at(self) -> datetime | None:
        """Return the earliest follow-up of all requests."""
        return await self._moment(statements.NEXT_DUE)

    async def next_job_at(self) -> datetime | None:
        """Return when the earliest job falls due; a claimed one does when its lease ends."""
        return await self._moment(statements.NEXT_JOB)

    def on_commit(self, listener: Callable[[Committed], None]) -> None:
        """Call *listener* on the event loop after each commit that has news."""
        self._listeners.add(listener)

    async def health(self) -> errors.StoreUnavailable | None:
        """Return why the last write failed, or None when it did not.

        After a failure a small write is tried for the next time this is asked, so that a gateway
        that takes no work while it is unready still notices when the store can be written again.
        """
        trouble = self._last_trouble
        if trouble is not None:
            probed_at = self._clock.now().isoformat()
            with contextlib.suppress(errors.StoreUnavailable):
                await self.write(lambda tx: tx.set_fact(PROBED_FACT, probed_at))
        return trouble

    async def _moment(self, statement: Statement) -> datetime | None:
        row = await self._read(statement, {})
        return None if row is None or row[0] is None else columns.time_from_text(row[0])
