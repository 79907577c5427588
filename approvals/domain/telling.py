"""What is said in the thread below a card: each decision, and to the requester how it ended.

Worked out anew from the rows whenever a card is drawn; the card remembers what was told. Of two
tellings at the same instant the earlier decision comes first.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from approvals.domain.approval_request import ApprovalRequest, Cause, Status
from approvals.domain.decision import Decision
from approvals.domain.permit import Permit, PermitState
from approvals.domain.question import runs_nothing

ENDED = "ended"
_AT_AN_END = frozenset(
    {PermitState.SUCCEEDED, PermitState.FAILED, PermitState.UNKNOWN, PermitState.LAPSED}
)
_ASKED_NOBODY = frozenset({Cause.RULE, Cause.GRANT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One reply in the thread of a card."""

    key: str
    """What the card remembers once it was told."""
    decision: Decision | None = None
    """The decision that is told. Where nothing else is told the requester is told how it ended."""
    edit: int | None = None
    """Which change of the call is told, from 0."""
    asked: int | None = None
    """Which question of an approver is told, from 0."""
    is_answer: bool = False
    """Its answer is told, or why there is none."""


def tellings(
    request: ApprovalRequest,
    decisions: Sequence[Decision],
    permit: Permit | None,
    *,
    others: Sequence[tuple[ApprovalRequest, Permit | None]] = (),
) -> tuple[Telling, ...]:
    """Return everything there is to tell of *request* so far, in order.

    A change of the call voids what was decided before it, so that a person may decide twice. The
    *others* on its card are decided with it; how they ended is told once, when all have.
    """
    if request.cause in _ASKED_NOBODY:
        return ()
    edits = [Telling(key=f"edit:{number}", edit=number) for number in range(len(request.edits))]
    of_version = f"{len(edits)}:" if edits else ""
    decided = [
        Telling(key=f"{of_version}{each.user}:{each.verdict}", decision=each) for each in decisions
    ]
    has_ended = all(_tells_its_end(*each) for each in ((request, permit), *others))
    ending = [Telling(key=ENDED)] if has_ended else []
    return (*edits, *_questions(request), *decided, *ending)


def _questions(request: ApprovalRequest) -> Iterator[Telling]:
    """Yield what was asked back; the key names the request, because others may share its card."""
    for number, asked in enumerate(request.asking_back.asked):
        yield Telling(key=f"asked:{request.id}:{number}", asked=number)
        if asked.ended_at is not None:
            yield Telling(key=f"answered:{request.id}:{number}", asked=number, is_answer=True)


def _tells_its_end(request: ApprovalRequest, permit: Permit | None) -> bool:
    """Whether it has ended for a person who waits; in a task the task's own thread tells it."""
    if request.requester.person is None or request.run_id is not None:
        return False
    if request.status is Status.APPROVED and not runs_nothing(request.call):
        return permit is not None and permit.state in _AT_AN_END
    return not request.is_pending
