"""The present, from the operating system. The only place of the program that asks for it."""

from datetime import UTC, datetime


class SystemClock:
    """The `Clock` of a running gateway."""

    def now(self) -> datetime:
        """Return the present, timezone-aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - this is the Clock port
