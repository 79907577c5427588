"""How a transaction runs its statements, whichever database is underneath.

The part of `SqlTransaction` that knows about faults and unsafe text; its other parts stand on it.
"""

from collections.abc import Mapping
from typing import Any

from approvals.domain import errors
from approvals.storage.dialects import Statement
from approvals.storage.executor import Executor, Found


class SqlWork:
    """Statements of one unit."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.fault: Exception | None = None
        """The driver's error that ended this unit."""

    def _run(self, statement: Statement, values: Mapping[str, Any]) -> Found:
        """Execute one statement; after a driver error nothing more is executed.

        An error such as a full disk may have ended the whole transaction, and a statement after
        it would then be stored on its own.

        Raises:
            UnsafeText: a text holds NUL or half of a surrogate pair.
        """
        if self.fault is not None:
            raise self.fault
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
