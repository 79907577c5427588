"""Who has opened their App Home, as a transaction sees it: the `HomeRows` port."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from approvals.domain.home import Home
from approvals.domain.ids import TeamId, UserId
from approvals.storage import statements
from approvals.storage.columns import time_from_text, time_to_text
from approvals.storage.sql_work import SqlWork


class SqlHomes(SqlWork):
    """App Homes of one unit."""

    def home(self, user: UserId) -> Home | None:
        """Return the App Home of *user*."""
        row = self._run(statements.HOME, {"user": user}).fetchone()
        return None if row is None else _home(row)

    def homes_opened_since(self, moment: datetime, *, limit: int) -> Sequence[Home]:
        """Return the App Homes opened at or after *moment*, the latest first."""
        values = {"since": time_to_text(moment), "limit": limit}
        return [_home(row) for row in self._run(statements.HOMES_OPENED_SINCE, values).fetchall()]

    def save_home(self, home: Home) -> None:
        """Insert or update an App Home."""
        values = {
            "user": home.user,
            "team": home.team,
            "opened_at": time_to_text(home.opened_at),
        }
        self._run(statements.SAVE_HOME, values)


def _home(row: Mapping[str, Any]) -> Home:
    opened_at = time_from_text(row["opened_at"])
    return Home(user=UserId(row["user"]), team=TeamId(row["team"]), opened_at=opened_at)
