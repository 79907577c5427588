"""The one execution record: a single-use right to run one digest, and how that went.

Made when a request is approved, claimed by the gate just before the tool's body runs, and closed
by the report. Changed only by `lifecycle.advance_permit()`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from approvals.domain.ids import RequestId, UserId

RESULT_MAX_CHARS = 2_000


class PermitState(StrEnum):
    """Where an execution stands."""

    UNCLAIMED = "unclaimed"
    CLAIMED = "claimed"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"
    LAPSED = "lapsed"


class Settlement(StrEnum):
    """What a person says of an interrupted call of a run, whose permit is `unknown`."""

    HAPPENED = "happened"
    """It was looked up: it did happen."""
    AGAIN = "again"
    """Ask again: a new request that names this one."""
    GAVE_UP = "gave_up"
    """Leave it; the agent is told that nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """The permit of one approved request."""

    request_id: RequestId
    digest: str
    state: PermitState = PermitState.UNCLAIMED
    attempt: int = 0
    owner: str | None = None
    """Who claimed it: a gateway process, after whose death the execution is unknown, or a key."""
    lease_ends_at: datetime | None = None
    """For a claim from outside, of whose death nobody hears: when the execution is unknown."""
    approved_at: datetime
    delivered_at: datetime | None = None
    """When the outcome first reached the waiting caller; `permit_ttl` runs from here."""
    claimed_at: datetime | None = None
    ended_at: datetime | None = None
    result: str | None = None
    """Redacted excerpt of the tool's result or error, at most RESULT_MAX_CHARS."""
    settlement: Settlement | None = None
    settled_by: UserId | None = None
    settled_at: datetime | None = None


def has_lapsed(
    permit: Permit, *, permit_ttl: timedelta, approved_for: timedelta, now: datetime
) -> bool:
    """Whether an unclaimed permit is too old to be used; both ends are hard and exclusive."""
    if permit.state is not PermitState.UNCLAIMED:
        return permit.state is PermitState.LAPSED
    return now >= lapses_at(permit, permit_ttl=permit_ttl, approved_for=approved_for)


def lapses_at(permit: Permit, *, permit_ttl: timedelta, approved_for: timedelta) -> datetime:
    """Return from when on an unclaimed permit may not be used, as far as that is known yet."""
    hard_end = permit.approved_at + approved_for
    if permit.delivered_at is None:
        return hard_end
    return min(hard_end, permit.delivered_at + permit_ttl)


def is_claim_of(permit: Permit, owner: str) -> bool:
    """Whether *owner* holds this claim already: the answer to it got lost on the way."""
    return permit.state is PermitState.CLAIMED and permit.owner == owner


def has_overrun(permit: Permit, *, now: datetime) -> bool:
    """Whether a claim with a lease was not reported in time."""
    ends_at = permit.lease_ends_at
    return permit.state is PermitState.CLAIMED and ends_at is not None and ends_at <= now


def may_repeat(permit: Permit, *, approved_for: timedelta, now: datetime) -> bool:
    """Whether an interrupted call of an idempotent tool may be claimed again without a person.

    Not after somebody has said what became of it, and not after the approval's hard end.
    """
    return is_unsettled(permit) and now < permit.approved_at + approved_for


def is_unsettled(permit: Permit) -> bool:
    """Whether nobody knows what became of the call, and nobody has said it yet."""
    return permit.state is PermitState.UNKNOWN and permit.settlement is None
