"""The port through which people are reminded of a request; `bot/slack` implements it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from approvals.domain.ids import UserId
from approvals.operations.ports import CardContent

MENTIONED_MAX = 20
"""How many people one message names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Whom a message of ours mentions; nobody else in it is called."""

    users: tuple[UserId, ...] = ()
    usergroups: tuple[str, ...] = ()
    more: int = 0
    """How many people there would be besides, who are too many to be named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One reminder of all that waits on a card."""

    waiting: tuple[CardContent, ...]
    """The calls, at least one, as the first card tells them."""
    key: str
    """Tells it from every other reminder."""
    audience: Audience
    is_hopeless: bool = False
    """Nobody at all can answer now: the sets are empty, or hold only who may not."""

    @property
    def content(self) -> CardContent:
        """The oldest of the calls."""
        return self.waiting[0]


class ReminderMessenger(Protocol):
    """Tells a reminder where the first card stands."""

    async def remind(self, reminder: Reminder, *, now: datetime) -> None:
        """Post the reminder.

        Raises:
            Undeliverable: it can never be posted.
            NotNow: try again later, unless it may have been posted all the same.
        """
        ...
