"""Freezes, as a transaction sees them: the `FreezeRows` port. A part of `SqlTransaction`."""

from collections.abc import Sequence

from approvals.domain.freeze import Freeze
from approvals.domain.ids import RequestId
from approvals.storage import freeze_statements as statements
from approvals.storage import rows
from approvals.storage.executor import Executor
from approvals.storage.sql_work import SqlWork


class SqlFreezes(SqlWork):
    """Freezes of one unit."""

    def __init__(self, executor: Executor) -> None:
        super().__init__(executor)
        self.changed_freezes: list[Freeze] = []

    def freezes(self) -> Sequence[Freeze]:
        """Return the freezes nobody has ended."""
        return [rows.freeze_from_row(row) for row in self._run(statements.FREEZES, {})]

    def freeze(self, scope: str) -> Freeze | None:
        """Return the latest freeze of *scope*."""
        row = self._run(statements.FREEZE, {"scope": scope}).fetchone()
        return None if row is None else rows.freeze_from_row(row)

    def save_freeze(self, freeze: Freeze) -> None:
        """Put *freeze* in the place of the one before of its scope."""
        self._run(statements.SAVE_FREEZE, rows.freeze_to_row(freeze))
        self.changed_freezes.append(freeze)

    def pending_ids(self) -> Sequence[RequestId]:
        """Return the ids of all pending requests, sorted."""
        return sorted(RequestId(row["id"]) for row in self._run(statements.PENDING_IDS, {}))
