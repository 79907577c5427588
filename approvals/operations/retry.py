"""How long a job that failed waits before it is tried again."""

import zlib
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


def spread(wait: timedelta, *, of: str, attempt: int) -> timedelta:
    """Return *wait* less up to a quarter of it, which the job's subject *of* and *attempt* fix.

    What failed together is not tried again together: a receiver that comes back is not run over.
    """
    return wait * (1 - (zlib.crc32(f"{of}.{attempt}".encode()) % 1000) / 4000)
