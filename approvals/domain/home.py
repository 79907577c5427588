"""That a person has opened our App Home in Slack, so that it is kept true from then on.

Stored when Slack says it was opened; what stands in it is read anew for every drawing.
"""

from dataclasses import dataclass
from datetime import datetime

from approvals.domain.ids import TeamId, UserId
from approvals.domain.jobs import Job, JobKind


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
