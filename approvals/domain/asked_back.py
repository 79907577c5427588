"""What approvers asked back about a pending request, and what was answered: facts of the request.

Changed by `asking_back` alone. Neither a question nor an answer decides anything.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from approvals.domain.ids import TeamId, UserId


class Answerer(StrEnum):
    """Who answers a question."""

    AGENT = "agent"
    """The agent's own program, or its model; its words are unverified."""
    PERSON = "person"
    """The person it acts for, by the card's form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedBack:
    """One question of an approver."""

    by: UserId
    team: TeamId
    at: datetime
    question: str
    of: Answerer
    answer: str | None = None
    """As the agent gave it, cut to ANSWER_MAX_CHARS; None while there is none."""
    answered_by: UserId | None = None
    """The person who answered for the agent; None where it answered itself."""
    trouble: str | None = None
    """A sentence that says why no answer came."""
    ended_at: datetime | None = None
    """When it was answered, or given up."""

    @property
    def is_open(self) -> bool:
        """Whether the agent has still to answer."""
        return self.of is Answerer.AGENT and self.ended_at is None

    @property
    def waits_for_person(self) -> bool:
        """Whether the person the agent acts for has still to answer."""
        return self.of is Answerer.PERSON and self.ended_at is None

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "by": self.by,
            "team": self.team,
            "at": self.at.isoformat(),
            "question": self.question,
            "of": self.of.value,
            "answer": self.answer,
            "answered_by": self.answered_by,
            "trouble": self.trouble,
            "ended_at": None if self.ended_at is None else self.ended_at.isoformat(),
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        ended_at, answered_by = stored["ended_at"], stored.get("answered_by")
        return cls(
            by=UserId(stored["by"]),
            team=TeamId(stored["team"]),
            at=datetime.fromisoformat(stored["at"]),
            question=stored["question"],
            of=Answerer(stored["of"]),
            answer=stored["answer"],
            answered_by=None if answered_by is None else UserId(answered_by),
            trouble=stored["trouble"],
            ended_at=None if ended_at is None else datetime.fromisoformat(ended_at),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingBack:
    """Whether a request's agent can be asked, and what it was."""

    is_heard: bool = False
    """Its program takes questions while it waits. A task of the bot is asked in any case."""
    asked: tuple[AskedBack, ...] = ()
    """Oldest first; a question is named by its place."""

    def with_ended(self, number: int, ended: AskedBack) -> "AskingBack":
        """Return the same with question *number*, from 0, replaced."""
        return replace(self, asked=(*self.asked[:number], ended, *self.asked[number + 1 :]))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {"is_heard": self.is_heard, "asked": [each.to_json() for each in self.asked]}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(
            is_heard=stored["is_heard"],
            asked=tuple(map(AskedBack.from_json, stored["asked"])),
        )


HEARD = AskingBack(is_heard=True)
UNASKED = AskingBack()
"""Nobody asked anything, and no program would hear it."""
