"""That a person has opened our App Home in Slack, so that it is kept true from then on.

Stored when Slack says it was opened; what stands in it is read anew for every drawing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from approvals.domain.ids import TeamId, UserId
from approvals.domain.jobs import Job, JobKind

WATCHED_FOR = timedelta(hours=1)
"""After an App Home was opened or refreshed, what is new shows in it by itself; Slack never says
that somebody has closed it."""
WATCHED_MAX = 15
"""Of so many people, those who opened it last: Slack takes a hundred drawings a minute in all."""
NEWS_AFTER = timedelta(seconds=15)
"""What comes meanwhile is drawn with it: nobody's is drawn more than four times a minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """One person's App Home."""

    user: UserId
    team: TeamId
    opened_at: datetime
    """When it was opened last."""


def home_job(user: UserId, run_at: datetime) -> Job:
    """Return the job that makes the App Home of *user* show what is true."""
    return Job(kind=JobKind.HOME, subject=user, run_at=run_at)
