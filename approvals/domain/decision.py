"""Who may decide, and what they decided; `quorum` says whether that is enough.

Of the person who pressed, `operations/check_presser` asks `refuse_unfit()` and `check_decider`
`refuse_ineligible()`. Empty means nobody, never anybody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from approvals.domain import edit_errors, errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.ids import RequestId, TeamId, UserId
from approvals.domain.requirement import Slot


class Verdict(StrEnum):
    """What an approver says. People reject; policy denies."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver:
    """A person as the directory described them at the click.

    `sets` answers, for each people set that matters, whether the person belongs to it; None means
    the directory could not say, which counts as no and is told apart in the answer.
    """

    user: UserId
    team: TeamId
    is_internal: bool
    is_bot: bool = False
    is_guest: bool = False
    is_deactivated: bool = False
    sets: Mapping[str, bool | None]
    retry_after_s: float | None = None
    """When the directory may be asked again for what it could not say, where it said so."""

    @property
    def belongs_to(self) -> tuple[str, ...]:
        """The names of the sets the person is known to belong to."""
        return tuple(sorted(name for name, belongs in self.sets.items() if belongs))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One approver's recorded verdict."""

    request_id: RequestId
    user: UserId
    team: TeamId
    verdict: Verdict
    reason: str | None = None
    at: datetime
    sets: tuple[str, ...] = ()
    """The people sets the approver belonged to when the approvals were last counted."""


def refuse_unfit(person: Approver) -> None:
    """Refuse people of another organisation, bots, guests and deactivated accounts.

    Raises:
        DecisionRefused: the subclass that says which.
    """
    if not person.is_internal:
        raise errors.ExternalMayNotDecide
    if person.is_deactivated:
        raise errors.DeactivatedMayNotDecide
    if person.is_bot:
        raise errors.BotMayNotDecide
    if person.is_guest:
        raise errors.GuestMayNotDecide


def refuse_ineligible(
    person: Approver, request: ApprovalRequest, *, verdict: Verdict, slots: Iterable[Slot]
) -> None:
    """Refuse who may not give *verdict* on *request*, whose *slots* are those in force now.

    People the request was made by or for may reject it but never approve it; everyone else needs
    a place in one of the slots. Who changed the arguments may still reject.

    Raises:
        SelfApproval, EditorMayNotApprove, IdentityUnverified, NotApprover
    """
    if person.user in request.requester.people:
        if verdict is Verdict.REJECT:
            return
        if person.user in request.kept_out:
            raise errors.SelfApproval
    if verdict is Verdict.APPROVE and person.user in request.may_not_approve:
        raise edit_errors.EditorMayNotApprove
    _refuse_outsider(person, slots)


def refuse_non_editor(person: Approver, request: ApprovalRequest, *, slots: Iterable[Slot]) -> None:
    """Refuse who may not change the arguments of *request*: all but those who may decide it.

    Who changed them before may do so again. Nobody becomes an approver by it.

    Raises:
        RequesterMayNotEdit, IdentityUnverified, NotApprover
    """
    if person.user in request.requester.people:
        raise edit_errors.RequesterMayNotEdit
    _refuse_outsider(person, slots)


def _refuse_outsider(person: Approver, slots: Iterable[Slot]) -> None:
    names = dict.fromkeys(name for slot in slots for name in slot.of)
    if any(person.sets.get(name) for name in names):
        return
    unread = tuple(name for name in names if person.sets.get(name) is None)
    if unread:
        raise errors.IdentityUnverified(sets=unread, retry_after_s=person.retry_after_s)
    raise errors.NotApprover
