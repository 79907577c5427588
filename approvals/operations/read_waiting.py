"""Which requests wait for one person: those they could approve if they pressed Approve now.

Read for `/approvals` and App Home. Judged request by request with what a click is judged with: the
policy of now, the groups of now, and `refuse_ineligible`. What it says binds nobody; the click is
checked again.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.decision import Decision, Verdict, refuse_ineligible
from approvals.domain.ids import RequestId
from approvals.domain.policy import Policy
from approvals.domain.requirement import Effect
from approvals.operations.check_decider import InForce
from approvals.operations.check_presser import approver
from approvals.operations.check_reader import Reader, fit_reader
from approvals.operations.desk import Desk
from approvals.operations.people_now import (
    PeopleNow,
    may_not_approve_now,
    of_both_moments,
    people_now,
    requirement_now,
    rules_in_force,
    set_names,
)
from approvals.operations.ports import Person
from approvals.operations.snapshot import Snapshot

LOOKED_AT_MAX = 2_000
"""Pending requests judged at most, those that close first before the others."""
_AT_ONCE = 50
"""So many are judged before others get a turn on the event loop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits for one person."""

    requests: tuple[ApprovalRequest, ...]
    """The first to close come first."""
    pending: int
    """How many requests are pending, whoever they wait for."""
    is_complete: bool = True
    """False when some could not be judged: the directory could not say, or there are too many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    requests: Sequence[ApprovalRequest]
    decided: Mapping[RequestId, Decision]
    pending: int


async def waiting_for(desk: Desk, reader: Reader) -> Waiting:
    """Return what waits for *reader*.

    Raises:
        The refusals of `fit_reader`.
        StoreUnavailable: it cannot be read.
    """
    person = await fit_reader(desk, reader)
    looked = await desk.store.look(lambda snapshot: _look(snapshot, reader))
    open_ones = [each for each in looked.requests if not _has_approved(looked, each)]
    found, is_judged = await _approvable(desk, person, open_ones)
    is_complete = is_judged and len(looked.requests) >= looked.pending
    return Waiting(requests=tuple(found), pending=looked.pending, is_complete=is_complete)


async def could_approve(desk: Desk, reader: Reader, request: ApprovalRequest) -> bool:
    """Whether *reader* could approve *request* if it were shown to them now.

    Raises:
        The refusals of `fit_reader`.
    """
    found, _ = await _approvable(desk, await fit_reader(desk, reader), [request])
    return bool(found)


async def _approvable(
    desk: Desk, person: Person, requests: Sequence[ApprovalRequest]
) -> tuple[list[ApprovalRequest], bool]:
    """Return those *person* may approve now, and whether all could be judged."""
    policy, now = desk.policy(), desk.clock.now()
    in_time = [each for each in requests if each.is_pending and each.expires_at > now]
    in_time = [each for each in in_time if each.held_until is None]  # approved already
    judged = [each async for each in _with_rules(policy, in_time)]
    names = frozenset[str]().union(*(set_names(counts.rules) for _, counts in judged))
    people = (await people_now(desk, policy, names)).members
    verdicts = [_may_approve(each, counts, person=person, people=people) for each, counts in judged]
    found = [each for (each, _), may in zip(judged, verdicts, strict=True) if may]
    return found, None not in verdicts


def _look(snapshot: Snapshot, reader: Reader) -> _Looked:
    requests = snapshot.pending(limit=LOOKED_AT_MAX)
    own = {each.request_id: each for each in snapshot.pending_decisions_of(reader.user)}
    return _Looked(requests=requests, decided=own, pending=snapshot.count_pending())


async def _with_rules(
    policy: Policy, requests: Sequence[ApprovalRequest]
) -> AsyncIterator[tuple[ApprovalRequest, InForce]]:
    """Yield each request with what counts now; what may not be approved is left out."""
    for number, request in enumerate(requests):
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)
        try:
            now = requirement_now(policy, request)
        except errors.ChannelUnknown:
            continue
        if now.effect is not Effect.DENY:
            yield request, InForce(rules=rules_in_force(request, now), now=now)


def _has_approved(looked: _Looked, request: ApprovalRequest) -> bool:
    decision = looked.decided.get(request.id)
    return decision is not None and decision.verdict is Verdict.APPROVE


def _may_approve(
    request: ApprovalRequest, counts: InForce, *, person: Person, people: PeopleNow
) -> bool | None:
    """Whether *person* could approve *request* now; None where the directory could not say."""
    judged = approver(person, of_both_moments(people, request.requirement))
    if person.user in may_not_approve_now(request, counts.now):
        return False
    slots = [slot for each in counts.rules for slot in each]
    try:
        refuse_ineligible(judged, request, verdict=Verdict.APPROVE, slots=slots)
    except errors.IdentityUnverified:
        return None
    except errors.DecisionRefused:
        return False
    return True
