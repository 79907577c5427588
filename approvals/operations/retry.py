"""How long a job that failed waits before it is tried again."""

from datetime import timedelta

RETRY_FIRST_AFTER = timedelta(seconds=1)
RETRY_MAX_AFTER = timedelta(minutes=5)


def retry_after(attempt: int) -> timedelta:
    """Return the wait after the given count of attempts: doubled each time, bounded."""
    return min(RETRY_FIRST_AFTER * (1 << min(attempt, 10)), RETRY_MAX_AFTER)
