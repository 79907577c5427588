"""Calls that wait at the same time may be shown on one card; nothing else of them is shared.

Identical ones, those of one turn, and in a burst whatever an agent asks beyond a number of cards.

Each request keeps its row, its decisions, its times, its permit and its audit events. The first one
is the one the card belongs to; the others name it in `joined`. A button carries how many requests
it stands for beside its own, and decides them only while that is still so. Source: ADR-0032.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.audit import AuditEvent, AuditName
from approvals.domain.inquiry import is_inquiry
from approvals.domain.question import is_question
from approvals.domain.requirement import Risk
from approvals.domain.terms import EDIT, FOLD, HOLD, JOIN, MENTION, NOTIFY

JOINERS_MAX = 49
"""One click decides so many requests and the first one, all in one transaction."""
PARTS_MAX = 5
"""So many different calls of one turn share a card, which has to have room for all of them."""


def may_join(request: ApprovalRequest) -> bool:
    """Whether *request*, not yet stored, may be shown on the card of an identical one.

    What is asked again tells its own story, and people ask each question of theirs for itself.
    """
    is_first_ask = request.earlier is None and not is_question(request.call)
    return is_first_ask and request.requirement.terms[JOIN]


def is_identical(one: ApprovalRequest, other: ApprovalRequest) -> bool:
    """Whether a card would show the same of both, and the same people decide them."""
    return one.id == other.id or _face(one) == _face(other)


def is_of_one_turn(request: ApprovalRequest, first: ApprovalRequest) -> bool:
    """Whether *request* came in one turn with *first*, to the same people at the same place."""
    return _place(request) == _place(first)


def may_be_a_part(request: ApprovalRequest) -> bool:
    """Whether a call may be shown as a part of a card.

    One that people may change has its own, and so has an inquiry.
    """
    if is_inquiry(request.call):
        return False  # it is answered by what its own card has room for
    may_change = request.requirement.terms[EDIT] and request.schema_digest is not None
    return not may_change and not request.edits and may_join(request)


def may_fold(request: ApprovalRequest) -> bool:
    """Whether a call may be one line of the card that stands for a burst.

    A high risk, a private call, one that is held after its approval and one that people may change
    have cards of their own.
    """
    requirement = request.requirement
    return (
        may_be_a_part(request)
        and bool(requirement.terms[FOLD])
        and requirement.risk is not Risk.HIGH
        and not request.is_private
        and not requirement.terms[HOLD]
    )


def is_of_one_burst(request: ApprovalRequest, first: ApprovalRequest) -> bool:
    """Whether *request* comes from the same agent and people as *first*, to the same place."""
    return _audience(request) == _audience(first)


def is_burst(parts: Sequence[ApprovalRequest]) -> bool:
    """Whether these different calls on one card are more than one turn that is shown whole."""
    turns = {each.turn for each in parts}
    return len(parts) > 1 and (len(parts) > PARTS_MAX or None in turns or len(turns) > 1)


def parts(shown: Sequence[ApprovalRequest]) -> list[list[ApprovalRequest]]:
    """Return those on one card by what a button decides: identical ones together, first by id."""
    found: list[list[ApprovalRequest]] = []
    for request in shown:
        part = next((each for each in found if is_identical(each[0], request)), None)
        if part is None:
            found.append([request])
        else:
            part.append(request)
    return found


def with_joiner(first: ApprovalRequest) -> ApprovalRequest:
    """Return *first* with one request more on its card."""
    return replace(first, version=first.version + 1, joiners=first.joiners + 1)


def joined_event(request: ApprovalRequest) -> AuditEvent:
    """Return the fact that *request* is shown on the card of an identical one."""
    return AuditEvent(
        name=AuditName.REQUEST_JOINED,
        subject=request.id,
        at=request.created_at,
        data={"card_of": request.joined},
    )


def spokesman(alike: Sequence[ApprovalRequest]) -> ApprovalRequest:
    """Return the one whose story the card of all of them tells: the first that is still open."""
    return next((each for each in alike if each.is_pending), alike[0])


def version_of(shown: Iterable[ApprovalRequest]) -> int:
    """Return the version of a card that shows all of these: it grows with every change of any."""
    return sum(each.version for each in shown)


def _place(request: ApprovalRequest) -> tuple[object, ...]:
    return (request.turn, *_audience(request))


def _audience(request: ApprovalRequest) -> tuple[object, ...]:
    terms = request.requirement.terms
    called = (terms[NOTIFY], terms[MENTION])
    return (request.requester, request.channel, request.thread_ts, called)


def _face(request: ApprovalRequest) -> tuple[object, ...]:
    return (
        request.call.digest,
        request.edits,
        request.requester,
        request.channel,
        request.thread_ts,
        request.reason,
        request.injected,
        request.schema_digest,
        request.earlier,
        request.requirement,
    )
