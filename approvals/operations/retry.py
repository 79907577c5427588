"""How long a job that failed waits before it is tried again."""

from datetime import timedelta

from approvals.operations.ports import NotNow

RETRY_FIRST_AFTER = timedelta(seconds=1)
RETRY_MAX_AFTER = timedelta(minutes=5)


def retry_after(attempt: int) -> timedelta:
    """Return the wait after the given count of attempts: doubled each time, bounded."""
    return min(RETRY_FIRST_AFTER * (1 << min(attempt, 10)), RETRY_MAX_AFTER)


def wait_after(reason: NotNow, *, attempt: int) -> timedelta:
    """Return how long to wait after *reason*: as long as was demanded, else by the attempts."""
    if reason.retry_after_s is not None:
        return timedelta(seconds=reason.retry_after_s)
    return retry_after(attempt)
