"""The part of `Transaction` that is about who has opened their App Home."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from approvals.domain.home import Home
from approvals.domain.ids import UserId


class HomeRows(Protocol):
    """The App Homes people have opened."""

    def home(self, user: UserId) -> Home | None:
        """Return the App Home of *user*, None for somebody who never opened it."""
        ...

    def homes_opened_since(self, moment: datetime, *, limit: int) -> Sequence[Home]:
        """Return the App Homes opened at or after *moment*, the latest first."""
        ...

    def save_home(self, home: Home) -> None:
        """Insert or update an App Home."""
        ...
