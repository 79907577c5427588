"""What a door hands over when a person pressed a button, and what it gets back.

Shared by the operations people decide with; a door builds a `Click`, shows an `Answer`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import Card, Pressed
from approvals.domain.decision import Decision, Verdict
from approvals.domain.errors import Refusal
from approvals.domain.ids import RequestId, TeamId, UserId
from approvals.operations.people_now import PeopleNow, of_both_moments
from approvals.operations.ports import CardContent, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """A verdict as a door parsed it; nothing in it is trusted but who pressed."""

    request_id: RequestId
    verdict: Verdict
    pressed: Pressed
    team: TeamId
    reason: str | None = None
    digest: str | None = None
    """Of the call the pressed card showed; None: the card is older than such marks."""
    answer: str | None = None
    """To an inquiry, as canonical JSON: what the click approves with."""
    others: int = 0
    """How many identical requests the pressed button named beside its own."""


class WindowUse(StrEnum):
    """What a person opens a window for."""

    LOOK = "look"
    DECIDE = "decide"
    """To give the click's verdict by its form."""
    ASK_BACK = "ask_back"
    """To ask the agent something by its form."""
    ANSWER_BACK = "answer_back"
    """To answer for the agent by its form."""
    EXTEND = "extend"
    """To give the request more time by its form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a click; exactly one of `decision` and `refusal` is set."""

    request: ApprovalRequest | None = None
    decision: Decision | None = None
    refusal: Refusal | None = None
    counted: int = 0
    """How many requests the decision was stored for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presser:
    """Who pressed, as the directory said just now; `person` is None when it could not say."""

    person: Person | None
    people: PeopleNow
    policy_version: str
    """Of the policy whose sets were read; another one in force means reading again."""
    others: Mapping[UserId, Person | None] = field(default_factory=dict)
    """Who approved before, as the directory said just now; None where it could not say."""
    is_fresh: bool = False
    """Whether nothing about `people` was read before the click."""
    retry_after_s: float | None = None
    """When the directory may be asked again for what it could not say, where it said so."""

    def on(self, request: ApprovalRequest) -> "Presser":
        """Return the same with the people *request* leaves to decide: some ask for both moments."""
        return replace(self, people=of_both_moments(self.people, request.requirement))


class PeopleMissing(Exception):
    """The transaction needs people nobody has read yet; read them and run it again.

    *names* are people sets, *accounts* people who approved before, with their teams; with *fresh*
    nothing read before the click will do.
    """

    def __init__(
        self,
        names: frozenset[str],
        accounts: Mapping[UserId, TeamId] | None = None,
        *,
        fresh: bool = False,
    ) -> None:
        self.names = names
        self.fresh = fresh
        self.accounts = accounts or {}
        super().__init__(", ".join(sorted(names)))


@dataclass(frozen=True, slots=True, kw_only=True)
class FullView:
    """An opened full view: the view's own card row and what it shows."""

    card: Card
    content: CardContent
