"""How a transaction runs its statements, whichever database is underneath.

The part of `SqlTransaction` that knows about faults and unsafe text; its other parts stand on it.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.ids import RequestId
from approvals.storage.dialects import Statement
from approvals.storage.executor import Executor, Found

Noun = TypeVar("Noun")
_log = logging.getLogger(__name__)


class SqlWork:
    """Statements of one unit."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.fault: Exception | None = None
        """The driver's error that ended this unit."""
        self.still_true: dict[tuple[RequestId, bool], ApprovalRequest | None] = {}
        """Requests as they were read, locked or not: until this unit writes, where nobody else can.

        A lock is taken all the same where one is asked for: the order of locks is one for all
        databases.
        """

    def _run(self, statement: Statement, values: Mapping[str, Any]) -> Found:
        """Execute one statement; after a driver error nothing more is executed.

        An error such as a full disk may have ended the whole transaction, and a statement after
        it would then be stored on its own.

        Raises:
            UnsafeText: a text holds NUL or half of a surrogate pair.
        """
        if self.fault is not None:
            raise self.fault
        if not statement.only_reads:
            self.still_true.clear()
        for value in values.values():
            if isinstance(value, str) and "\x00" in value:
                raise errors.UnsafeText
        try:
            return self.executor.run(statement, values)
        except UnicodeEncodeError as fault:
            raise errors.UnsafeText from fault
        except self.executor.faults as fault:
            self.fault = fault
            raise

    def _readable(
        self,
        statement: Statement,
        values: Mapping[str, Any],
        read: Callable[[Any], Noun],
        *,
        limit: int,
        key: str = "id",
    ) -> list[Noun]:
        """Return what can be read of the rows found, at most *limit*.

        The others are logged and do not count, so that any number of them hides no other.
        """
        unread: dict[str, Exception] = {}
        while True:
            asked = limit + len(unread)
            found = self._run(statement, {**values, "limit": asked}).fetchall()
            readable, unread = _told_apart(found, read, key)
            if len(found) < asked or len(readable) >= limit:
                break
        _log_unread(unread)
        return readable[:limit]

    def _all_readable(
        self, statement: Statement, values: Mapping[str, Any], read: Callable[[Any], Noun]
    ) -> list[Noun]:
        """Return what can be read of all rows found; the others are logged."""
        readable, unread = _told_apart(self._run(statement, values).fetchall(), read, "id")
        _log_unread(unread)
        return readable


def _told_apart(
    found: Iterable[Any], read: Callable[[Any], Noun], key: str
) -> tuple[list[Noun], dict[str, Exception]]:
    readable: list[Noun] = []
    unread: dict[str, Exception] = {}
    for row in found:
        try:
            readable.append(read(row))
        except Exception as fault:  # whatever is wrong with it, the others go on
            unread[row[key]] = fault
    return readable, unread


def _log_unread(unread: Mapping[str, Exception]) -> None:
    for stored, why in unread.items():
        _log.error("The row of %s cannot be read; it is left", stored, exc_info=why)
