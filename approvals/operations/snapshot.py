"""What people look at: lists of requests and runs, read outside the writer and locked by nobody.

A unit that looks is a plain function of a `Snapshot`; it may take longer than a click may, so it
never runs where decisions are stored. What it saw may have changed when its reader acts on it:
every deed checks again in its own transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from approvals.domain.approval_request import ApprovalRequest, Cause, Requester, Status
from approvals.domain.audit import ChainHead, SealedEvent
from approvals.domain.decision import Decision
from approvals.domain.ids import ChannelId, KeyId, RequestId, RunId, UserId
from approvals.domain.key import Key
from approvals.domain.permit import Permit
from approvals.domain.run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How one request ended, as far as it is counted."""

    tool: str
    status: Status
    cause: Cause | None
    """None while it is pending."""
    took: timedelta | None
    """From its asking to its end."""


class Snapshot(Protocol):
    """All that is stored, at one moment. A row that cannot be read is left out and logged."""

    def request(self, request_id: RequestId) -> ApprovalRequest | None:
        """Return the request."""
        ...

    def pending(self, *, limit: int, channel: ChannelId | None = None) -> Sequence[ApprovalRequest]:
        """Return pending requests, those that close first before the others."""
        ...

    def count_pending(self, channel: ChannelId | None = None) -> int:
        """Return how many requests are pending."""
        ...

    def pending_decisions_of(self, user: UserId) -> Sequence[Decision]:
        """Return what *user* decided on requests that are still pending."""
        ...

    def ids_ending_in(self, ending: str, channel: ChannelId, *, limit: int) -> Sequence[RequestId]:
        """Return ids that end so, of requests of *channel* and of all pending ones, newest first.

        *ending* is of letters and digits, in upper case.
        """
        ...

    def recent(
        self, channel: ChannelId, *, limit: int, since: datetime | None = None
    ) -> Sequence[ApprovalRequest]:
        """Return what people were asked in *channel* and has ended, newest first."""
        ...

    def decided_by(self, user: UserId, *, limit: int) -> Sequence[Decision]:
        """Return what *user* decided, newest first."""
        ...

    def run(self, run_id: RunId) -> Run | None:
        """Return the run."""
        ...

    def requests_of_run(self, run_id: RunId) -> Sequence[ApprovalRequest]:
        """Return what is open of a run, oldest first."""
        ...

    def runs_of(self, user: UserId, *, limit: int) -> Sequence[Run]:
        """Return the runs *user* started, newest first, those that have not ended before."""
        ...

    def asked_for(self, user: UserId, *, limit: int) -> Sequence[ApprovalRequest]:
        """Return what people were asked for *user*, newest first."""
        ...

    def endings(self, channel: ChannelId, *, since: datetime, limit: int) -> Sequence[Ending]:
        """Return how what people were asked in *channel* since then stands, newest first."""
        ...

    def newest(
        self,
        *,
        limit: int,
        before: RequestId | None = None,
        status: Status | None = None,
        channel: ChannelId | None = None,
        requester: Requester | None = None,
    ) -> Sequence[ApprovalRequest]:
        """Return requests, newest first: older than *before*, and those alone that are named.

        Of *requester* the agent and the person count.
        """
        ...

    def decisions(self, request_id: RequestId) -> Sequence[Decision]:
        """Return the decisions of a request, oldest first."""
        ...

    def permit(self, request_id: RequestId) -> Permit | None:
        """Return the permit of a request."""
        ...

    def head(self) -> ChainHead:
        """Return where the audit chain ends."""
        ...

    def events_after(self, seq: int, *, limit: int) -> Sequence[SealedEvent]:
        """Return the audit events after the one at *seq*, in their order."""
        ...

    def key(self, key_id: KeyId) -> Key | None:
        """Return the key."""
        ...

    def keys(self) -> Sequence[Key]:
        """Return all keys, the oldest first, revoked and expired ones too."""
        ...
