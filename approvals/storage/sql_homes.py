"""Who has opened their App Home, as a transaction sees it: the `HomeRows` port."""

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
        if row is None:
            return None
        opened_at = time_from_text(row["opened_at"])
        return Home(user=UserId(row["user"]), team=TeamId(row["team"]), opened_at=opened_at)

    def save_home(self, home: Home) -> None:
        """Insert or update an App Home."""
        values = {
            "user": home.user,
            "team": home.team,
            "opened_at": time_to_text(home.opened_at),
        }
        self._run(statements.SAVE_HOME, values)
