"""Everything a card tells, as `read_card` reads it and the doors draw it."""

from dataclasses import dataclass

from approvals.domain.absence import Absence
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import Card
from approvals.domain.decision import Decision
from approvals.domain.freeze import Freeze
from approvals.domain.history import History, Past
from approvals.domain.ids import UserId
from approvals.domain.joining import is_burst, version_of
from approvals.domain.people import PeopleSet
from approvals.domain.permit import Permit
from approvals.domain.quorum import Rules
from approvals.domain.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """A request that shares its card with an identical one."""

    request: ApprovalRequest
    permit: Permit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardContent:
    """Everything a card tells, read in one transaction."""

    card: Card
    request: ApprovalRequest
    decisions: tuple[Decision, ...] = ()
    rules: Rules = ()
    """Whose approvals the policy of now asks for; empty once the request has ended."""
    permit: Permit | None = None
    earlier: ApprovalRequest | None = None
    """The request asked again for, whose story the card names."""
    earlier_permit: Permit | None = None
    """How the run of the earlier request ended: lapsed, or unknown."""
    run: Run | None = None
    """The agent task that asks, where it is one."""
    thread_ts: str | None = None
    """The thread the card is posted in."""
    history: History | None = None
    """How earlier calls of the tool went here; while people decide."""
    past: tuple[Past, ...] = ()
    """The latest of them, where a window shows them."""
    missed: tuple[Absence, ...] = ()
    """When clicks on it could not arrive, oldest first."""
    called: tuple[PeopleSet, ...] = ()
    """Whom the card calls by mentioning them; that gives nobody a right."""
    freeze: Freeze | None = None
    """What keeps a pending request from being approved."""
    alike: tuple[Alike, ...] = ()
    """The identical requests the card shows beside this one, each with its permit."""

    beside: tuple["CardContent", ...] = ()
    """Other calls of the same turn or burst on the card, each shown and decided on its own."""

    @property
    def parts(self) -> tuple["CardContent", ...]:
        """Everything on the card that is decided on its own, this included."""
        return (self, *self.beside)

    @property
    def is_digest(self) -> bool:
        """Whether the card stands for a burst, whose calls are reviewed one after the other."""
        return is_burst([part.request for part in self.parts])

    @property
    def shown(self) -> tuple[ApprovalRequest, ...]:
        """Every request a button here decides, the one whose story is told first."""
        return (self.request, *(each.request for each in self.alike))

    barred: frozenset[UserId] = frozenset()
    """Who changed the pending call and may not approve it, by the policy in force."""
    unread_version: int = 0
    """What calls add to its version whose rows cannot be read, so that it never falls."""

    @property
    def version(self) -> int:
        """The version of all of it together: what was drawn with an older one is out of date."""
        shown = [each for part in self.parts for each in part.shown]
        return version_of(shown) + self.unread_version
