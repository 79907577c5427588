"""One question put to people about one tool call, and what became of it.

Opened by `operations/submit_request`, changed only by `lifecycle.advance()`.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from approvals.domain import errors
from approvals.domain.asked_back import UNASKED, AskingBack
from approvals.domain.edit import Edit
from approvals.domain.effect import CardShows
from approvals.domain.followed_up import NOTHING_YET, FollowedUp
from approvals.domain.ids import SHORT_ID_CHARS, ChannelId, RequestId, RunId, TeamId, UserId
from approvals.domain.inquiry import is_inquiry
from approvals.domain.requirement import Requirement
from approvals.domain.terms import CARD, EDITOR_MAY_APPROVE
from approvals.domain.tool_call import ToolCall, digest_of, salted_digest

_PERSON = re.compile(r"[UW][A-Z0-9]{1,30}")


class Status(StrEnum):
    """Where a request stands. Everything but `pending` is final."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"


class Cause(StrEnum):
    """Why a request ended so. A person's own words are its reason, not its cause."""

    PEOPLE = "people"
    RULE = "rule"
    GRANT = "grant"
    PERSON = "person"
    TIMEOUT = "timeout"
    REQUESTER = "requester"
    WAITER_GONE = "waiter_gone"
    FROZEN = "frozen"
    UNDELIVERABLE = "undeliverable"
    NO_ELIGIBLE_APPROVER = "no_eligible_approver"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """The agent that asks and the people it acts for; none of them may approve."""

    agent: str
    person: UserId | None = None
    team: TeamId | None = None
    on_behalf_of: tuple[UserId, ...] = ()
    """Only ever adds people who may not approve."""

    def __post_init__(self) -> None:
        """Refuse what is no person's id: who may not approve must not be missed by a slip.

        Raises:
            InvalidArguments
        """
        for person in self.people:
            if not _PERSON.fullmatch(person):
                raise errors.InvalidArguments(
                    f"{person!r:.60} is not a Slack person's id (U… or W…), so it could not be "
                    "kept from approving its own call."
                )

    @property
    def people(self) -> frozenset[UserId]:
        """Everyone who may reject and cancel this request but never approve it."""
        return frozenset((*self.on_behalf_of, *((self.person,) if self.person else ())))


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """A request as stored. `version` grows with every change; cards show a version."""

    id: RequestId
    status: Status = Status.PENDING
    cause: Cause | None = None
    call: ToolCall
    """What would run: as it was asked, or as people changed it since."""
    edits: tuple[Edit, ...] = ()
    """How people changed it, oldest first."""
    schema_digest: str | None = None
    """Of the tool's schema, kept where the rules let people change the call."""
    injected: tuple[str, ...] = ()
    """Names of parameters filled outside the agent's arguments; listed on the card."""
    requester: Requester
    requirement: Requirement
    """The matched rules merged, as they were when the request was opened."""
    channel: ChannelId
    """Where the card goes; the policy channel whose rules apply."""
    thread_ts: str | None = None
    reason: str | None = None
    """What the agent says; shown as unverified."""
    key: str | None = None
    ask_number: int = 1
    earlier: RequestId | None = None
    """The request this one asks again for (lapse, unknown execution)."""
    run_id: RunId | None = None
    tool_call_id: str | None = None
    callback: str | None = None
    """The webhook of the policy that is told how it ended, by name."""
    salt: str
    """Random; keys the digests in the audit log and on masked secrets."""
    version: int = 1
    created_at: datetime
    expires_at: datetime
    followed_up: FollowedUp = NOTHING_YET
    """What the clock has done about it so far."""
    asking_back: AskingBack = UNASKED
    """What approvers asked its agent."""
    ended_at: datetime | None = None
    ended_by: UserId | None = None
    ended_reason: str | None = None
    """The reason the person gave, shown as a quotation."""
    answer: str | None = None
    """What people answered, as canonical JSON; only an inquiry that ended so has one."""
    turn: str | None = None
    """Names the one message of a model that this call came in, with others or alone."""
    joined: RequestId | None = None
    """The request on whose card this one is shown; None where it has its own."""
    joiners: int = 0
    """How many have joined its card so far."""
    held_until: datetime | None = None
    """While pending: enough people approved, and until then anybody who may can still stop it."""

    @property
    def is_held(self) -> bool:
        """Whether enough people approved and it can still be stopped."""
        return self.is_pending and self.held_until is not None

    @property
    def is_pending(self) -> bool:
        """Whether people can still decide."""
        return self.status is Status.PENDING

    @property
    def is_private(self) -> bool:
        """Whether nothing of its arguments, results and reasons may stand in a channel."""
        return self.requirement.terms[CARD] is CardShows.PRIVATE

    @property
    def shown_digest(self) -> str:
        """What its buttons carry of the digest; where it is private, nothing that can be tried."""
        if self.is_private:
            return salted_digest(self.salt, self.call.digest)
        return self.call.digest

    @property
    def shown_by(self) -> RequestId:
        """The request whose card shows this one: itself, unless it joined another's."""
        return self.joined or self.id

    @property
    def is_alone(self) -> bool:
        """Whether its card shows no other request."""
        return self.joined is None and not self.joiners

    @property
    def short_id(self) -> str:
        """The last characters of the id, by which people name a request."""
        return self.id[-SHORT_ID_CHARS:]

    @property
    def asked_call(self) -> ToolCall:
        """The call as its agent asked, whatever people changed since."""
        if not self.edits:
            return self.call
        return ToolCall.read(self.call.tool, self.call.fingerprint, self.edits[0].before)

    @property
    def asked_digest(self) -> str:
        """The digest its agent knows the call by."""
        if not self.edits:
            return self.call.digest
        return digest_of(self.call.tool, self.call.fingerprint, self.edits[0].before)

    @property
    def may_not_approve(self) -> frozenset[UserId]:
        """Who it was asked by or for, and who changed it unless the rules let them approve."""
        if self.requirement.terms[EDITOR_MAY_APPROVE]:
            return self.kept_out
        return self.kept_out | self.editors

    @property
    def kept_out(self) -> frozenset[UserId]:
        """Who it was asked by or for; of an inquiry nobody, since an answer permits nothing."""
        return frozenset() if is_inquiry(self.call) else self.requester.people

    @property
    def editors(self) -> frozenset[UserId]:
        """Who changed its call, once or more."""
        return frozenset(edit.by for edit in self.edits)
