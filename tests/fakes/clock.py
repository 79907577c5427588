"""A clock tests move by hand; it starts at a fixed moment."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


class FakeClock:
    """Implements the `Clock` port; *watch* is its elapsed time, by which copies grow old."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at
        self.watch = FakeWatch()
        self.elapsed_s = self.watch.now_s

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


class FakeWatch:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.at_s = 0.0

    def now_s(self) -> float:
        return self.at_s
