"""The one writer: a thread that owns one synchronous connection and commits in groups.

`SqlStore.write()` hands units in from the event loop. Whatever queued during the last commit
shares the next one, each unit inside its own savepoint; a caller is answered only after COMMIT.
A unit that fails is undone alone. A fault that ends the whole transaction (disk full, I/O) undoes
the group, and its units are run again, one per transaction. When the thread dies every caller,
present and future, is refused.
"""

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from approvals.domain import errors
from approvals.domain.audit import ChainHead
from approvals.operations.ports import Committed, Ids, Transaction
from approvals.storage import driver
from approvals.storage.executor import SqliteExecutor
from approvals.storage.sql_transaction import SqlTransaction, news_of

UNITS_PER_COMMIT_MAX = 256
_NO_NEWS = Committed()

_log = logging.getLogger(__name__)


class _GroupLost(Exception):
    """A fault ended the whole transaction; nothing of the group is stored."""

    def __init__(self, fault: sqlite3.Error) -> None:
        self.fault = fault


@dataclass(slots=True, eq=False)
class Work:
    """One caller's unit and, after the commit, its answer."""

    unit: Callable[[Transaction], Any]
    answer: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None
    is_answered: bool = False


class Writer:
    """Runs units on *connection*, which is the writer's own from now on."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        *,
        ids: Ids,
        source: str,
        deliver: Callable[[Committed], None],
    ) -> None:
        """*deliver* is called on the event loop, once per commit that has news."""
        self._connection = connection
        self._executor = SqliteExecutor(connection)
        self._ids = ids
        self._source = source
        self._deliver = deliver
        self._loop = asyncio.get_running_loop()
        self._queue: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._is_closed = False
        self._head: ChainHead | None = None
        self._thread = threading.Thread(target=self._live, name="sayso-writer", daemon=True)
        self.trouble: errors.StoreUnavailable | None = None
        """Why the last commit failed; None once one succeeds."""

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    async def run(self, unit: Callable[[Transaction], Any]) -> Any:
        """Run *unit* and return its result after the commit.

        A caller that is cancelled meanwhile leaves the unit queued: it may still be stored.
        """
        work = Work(unit, self._loop.create_future())
        with self._gate:
            if self._is_closed:
                raise self._refusal()
            self._queue.put(work)
        return await work.answer

    async def close(self) -> None:
        """Commit what is queued, then end the thread and close the connection."""
        with self._gate:
            self._is_closed = True
            self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _live(self) -> None:
        works: list[Work] = []
        try:
            while works := self._next_works():
                self._serve(works)
        except BaseException as fault:
            _log.exception("the store's writer died")
            self.trouble = errors.StoreUnavailable(
                f"The store's writer died ({fault!r}). Restart the gateway."
            )
        finally:
            with self._gate:
                self._is_closed = True
            self._refuse([*works, *self._waiting()])
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()

    def _next_works(self) -> list[Work]:
        """Wait for work and return all there is, up to a group; empty ends the thread."""
        first = self._queue.get()
        return [] if first is None else [first, *self._waiting(UNITS_PER_COMMIT_MAX - 1)]

    def _waiting(self, limit: int | None = None) -> list[Work]:
        """Return what has queued, up to *limit*; nobody else takes from the queue."""
        works: list[Work] = []
        while not self._queue.empty() and (limit is None or len(works) < limit):
            work = self._queue.get()
            if work is None:
                self._queue.put(None)
                break
            works.append(work)
        return works

    def _serve(self, works: list[Work]) -> None:
        """Commit *works* together or, when that is not possible, one by one; answer them all."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as fault:
            # Whoever queued meanwhile has waited too; nobody waits longer than the busy timeout.
            self._fail([*works, *self._waiting()], fault)
            return
        try:
            news = self._commit(works)
        except _GroupLost as lost:
            if len(works) == 1:
                self._fail(works, lost.fault)
                return
            for work in works:
                work.result = work.error = None
                self._serve([work])
        else:
            self.trouble = None
            self._answer(works, news)

    def _commit(self, works: Sequence[Work]) -> Committed:
        """Run the units in the open transaction and commit; return their news.

        Raises:
            _GroupLost: nothing is stored and the transaction is over.
        """
        kept: list[SqlTransaction] = []
        try:
            for work in works:
                kept += self._attempt(work)
            self._connection.execute("COMMIT")
        except sqlite3.Error as fault:
            self._head = None
            raise _GroupLost(fault) from fault
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        return news_of(kept)

    def _attempt(self, work: Work) -> list[SqlTransaction]:
        """Run one unit inside its savepoint; keep it and return it, or undo it alone.

        Raises:
            sqlite3.Error: the fault is not the unit's own, so the group is lost.
        """
        tx = SqlTransaction(self._executor, self._head, ids=self._ids, source=self._source)
        self._connection.execute("SAVEPOINT unit")
        try:
            work.result = work.unit(tx)
            tx.finish()
            if tx.fault is not None:
                raise tx.fault
        except Exception as error:
            self._head = None
            work.error = self._units_own(tx.fault or error)
            work.result = None
            self._connection.execute("ROLLBACK TO unit")
            self._connection.execute("RELEASE unit")
            return []
        self._connection.execute("RELEASE unit")
        self._head = tx.head
        return [tx]

    def _units_own(self, error: Exception) -> Exception:
        """Return what the unit's caller is told; raises a fault that is everybody's."""
        if isinstance(error, sqlite3.Error):
            if not self._connection.in_transaction or not driver.is_statements_own(error):
                raise error
            return driver.store_error(error)
        if isinstance(error, StopIteration):
            return RuntimeError("a unit raised StopIteration")
        return error

    def _fail(self, works: Sequence[Work], fault: sqlite3.Error) -> None:
        self._head = None
        self.trouble = driver.store_error(fault)
        self._refuse(works)

    def _refuse(self, works: Sequence[Work]) -> None:
        left = [work for work in works if not work.is_answered]
        for work in left:
            work.error = self._refusal()
        self._answer(left, _NO_NEWS)

    def _refusal(self) -> errors.StoreUnavailable:
        if self.trouble is None:
            return errors.StoreUnavailable("The store is closed. Nothing was saved.")
        return type(self.trouble)(self.trouble.message)

    def _answer(self, works: Sequence[Work], news: Committed) -> None:
        for work in works:
            work.is_answered = True
        # A loop that is gone has nobody left to answer.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._settle, works, news)

    def _settle(self, works: Sequence[Work], news: Committed) -> None:
        # The listeners first: an agent that stands still goes on before its click is answered.
        if news != _NO_NEWS:
            self._deliver(news)
        for work in works:
            if work.answer.done():
                continue
            if work.error is None:
                work.answer.set_result(work.result)
            else:
                work.answer.set_exception(work.error)
