"""How much waits, as a transaction sees it: the `LimitRows` port. A part of `SqlTransaction`."""

from datetime import datetime
from typing import Any

from approvals.domain.approval_request import Requester
from approvals.storage import limit_statements as statements
from approvals.storage.columns import time_from_text
from approvals.storage.sql_work import SqlWork


class SqlLimits(SqlWork):
    """What one unit counts."""

    def pending_of(self, requester: Requester) -> int:
        """Return how many requests of this agent of this person are pending."""
        return self._count(statements.PENDING_OF, _named(requester))

    def pending_of_all(self) -> int:
        """Return how many requests are pending."""
        return self._count(statements.PENDING_OF_ALL, {})

    def asked_of_people(self, requester: Requester, *, number: int) -> datetime | None:
        """Return when the *number*-th latest question of this agent of this person was asked."""
        values = {**_named(requester), "before": number - 1}
        row = self._run(statements.ASKED_OF_PEOPLE, values).fetchone()
        return None if row is None else time_from_text(row["created_at"])

    def _count(self, statement: Any, values: dict[str, Any]) -> int:
        return int(self._run(statement, values).fetchone()["found"])


def _named(requester: Requester) -> dict[str, Any]:
    return {"agent": requester.agent, "person": requester.person}
