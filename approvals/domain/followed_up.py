"""What was done about a pending request while it waited: facts with a time, never statuses.

A part of the request's row. Written by `follow_up` when a follow-up falls due, and by `extending`;
read by the click (whom an escalation added) and by the card, which tells it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from approvals.domain.ids import CardId, UserId
from approvals.domain.silence import Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class FiredRung:
    """A rung whose time came while nobody had ended the request."""

    rung: Rung
    at: datetime
    card: CardId | None = None
    """The card that asks its people; None where a webhook is told."""
    trouble: str | None = None
    """Why its people could not be asked there, as a code; None while all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """A person gave the request more time."""

    by: UserId
    at: datetime
    until: datetime

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {"by": self.by, "at": self.at.isoformat(), "until": self.until.isoformat()}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Extension":
        """Read what `to_json` wrote."""
        at, until = (datetime.fromisoformat(stored[key]) for key in ("at", "until"))
        return cls(by=UserId(stored["by"]), at=at, until=until)


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedUp:
    """Reminders sent, rungs fired, more time given; nothing of it when the request is new."""

    reminders: int = 0
    reminded_at: datetime | None = None
    """When the last of them fell due, whether it was told or what its card had told counted."""
    told_at: datetime | None = None
    """When the last one was told that was this request's own; it spoke for its whole card."""
    rungs: tuple[FiredRung, ...] = ()
    extensions: tuple[Extension, ...] = ()

    @property
    def added(self) -> tuple[str, ...]:
        """The names of the people sets that fired rungs added to every slot."""
        return tuple(dict.fromkeys(name for fired in self.rungs for name in fired.rung.to))

    def rung_of(self, card: CardId) -> FiredRung | None:
        """Return the fired rung whose people *card* asks."""
        return next((fired for fired in self.rungs if fired.card == card), None)

    def with_trouble(self, number: int, code: str | None) -> "FollowedUp":
        """Return the same with why the people of rung *number* (from 0) could not be asked."""
        rungs = list(self.rungs)
        rungs[number] = replace(rungs[number], trouble=code)
        return replace(self, rungs=tuple(rungs))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "reminders": self.reminders,
            "reminded_at": self.reminded_at and self.reminded_at.isoformat(),
            "told_at": self.told_at and self.told_at.isoformat(),
            "rungs": [
                {
                    "rung": fired.rung.to_json(),
                    "at": fired.at.isoformat(),
                    "card": fired.card,
                    "trouble": fired.trouble,
                }
                for fired in self.rungs
            ],
            "extensions": [each.to_json() for each in self.extensions],
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "FollowedUp":
        """Read what `to_json` wrote."""
        return cls(
            reminders=stored["reminders"],
            reminded_at=_moment(stored["reminded_at"]),
            told_at=_moment(stored.get("told_at")),
            rungs=tuple(
                FiredRung(
                    rung=Rung.from_json(fired["rung"]),
                    at=datetime.fromisoformat(fired["at"]),
                    card=None if fired["card"] is None else CardId(fired["card"]),
                    trouble=fired["trouble"],
                )
                for fired in stored["rungs"]
            ),
            extensions=tuple(map(Extension.from_json, stored.get("extensions", ()))),
        )


def _moment(stored: str | None) -> datetime | None:
    return None if stored is None else datetime.fromisoformat(stored)


NOTHING_YET = FollowedUp()


def untold(facts: FollowedUp, ladder: tuple[Rung, ...]) -> tuple[Rung, ...]:
    """Return the rungs of *ladder* that have not fired, in the order they will."""
    fired = {each.rung.place for each in facts.rungs}
    return tuple(rung for rung in ladder if rung.place not in fired)
