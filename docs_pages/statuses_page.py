"""docs/reference/statuses.md: statuses, permits, outcomes, drawn from the domain's tables."""

from collections.abc import Iterable

from approvals.domain import outcome
from approvals.domain.approval_request import Status
from approvals.domain.lifecycle import PERMIT_TRANSITIONS, REQUEST_TRANSITIONS
from approvals.domain.outcome import Outcome, OutcomeKind
from approvals.domain.permit import PermitState
from approvals.gate.exceptions import not_approved
from docs_pages.markdown import block, one_line, page, table

_INTRO = """
An approval request is `pending` until exactly one ending is stored, whatever races. The status says
how it ended, the cause says why; both come from closed lists. A person's own words are the reason,
never the cause.
"""
_REQUEST_NOTE = """
No operation of this version ends a request with the causes `frozen`, `unavailable` or `grant`.
A call the policy allows or denies at once has no request.
"""
_PERMIT_INTRO = """
## Permits

The permit is the one execution record of an approved request: the right to run one digest, once,
and how that went. The claim is stored before the body starts, so that a crash leaves `unknown` and
never a second run. An unclaimed permit lapses `permit_ttl` (15 minutes unless the policy says
otherwise) after the outcome reached its caller, and 24 hours after the decision at the latest.
"""
_TOLD_INTRO = """
## What the agent is told

A guarded call either runs, or raises the exception of its outcome; LangChain's model reads the same
sentences as a tool message with status `error`. A timeout is never reported as "the user said no".
"""
_MORE_INTRO = """
Outcomes that are not the ending of a question:
"""
_UNASKED = {
    OutcomeKind.DENIED: "A rule denies the call at once, or came to deny it while it waited.",
    OutcomeKind.UNAVAILABLE: "The gateway is closing, its store cannot write, the channel is "
    "unknown or not the caller's, the arguments are too long to be read, or the key was used for "
    "another call; `outcome.code` says which.",
    OutcomeKind.NO_ELIGIBLE_APPROVER: "Nobody but the requester could approve, so nobody was "
    "asked.",
    OutcomeKind.LAPSED: "The approval was not used in time, twice.",
    OutcomeKind.UNKNOWN: "The gateway died while an earlier attempt ran.",
    OutcomeKind.ALREADY_RAN: "The key belongs to a call that ran, or is running.",
}


def statuses_page() -> str:
    """Return the page."""
    return page(
        "Statuses, permits and outcomes",
        _INTRO,
        block("mermaid", _diagram(_request_edges())),
        table(("Ends as", "Cause", "What happened"), _endings()),
        _REQUEST_NOTE,
        _PERMIT_INTRO,
        block("mermaid", _diagram(_permit_edges())),
        _TOLD_INTRO,
        table(("Ended as", "Cause", "Outcome", "Exception", "Advice in the message"), _told()),
        _MORE_INTRO,
        table(("Outcome", "Exception", "When", "Advice in the message"), _told_unasked()),
    )


def _diagram(edges: Iterable[tuple[str, str, str]]) -> str:
    lines = [f"    {start} --> {end}: {label}" for start, end, label in edges]
    return "\n".join(("stateDiagram-v2", *lines))


def _request_edges() -> Iterable[tuple[str, str, str]]:
    yield "[*]", Status.PENDING, "asked"
    for (start, cause), end in REQUEST_TRANSITIONS.items():
        yield start, end, cause
    for end in dict.fromkeys(REQUEST_TRANSITIONS.values()):
        yield end, "[*]", "final"


def _permit_edges() -> Iterable[tuple[str, str, str]]:
    yield "[*]", PermitState.UNCLAIMED, "approved"
    for (start, event), end in PERMIT_TRANSITIONS.items():
        yield start, end, event
    starts = {start for start, _ in PERMIT_TRANSITIONS}
    for end in dict.fromkeys(PERMIT_TRANSITIONS.values()):
        if end not in starts:
            yield end, "[*]", "final"


def _endings() -> Iterable[tuple[str, str, str]]:
    for (_, cause), end in REQUEST_TRANSITIONS.items():
        yield f"`{end}`", f"`{cause}`", outcome._TABLE[end, cause][1]


def _told() -> Iterable[tuple[str, ...]]:
    for (_, cause), end in REQUEST_TRANSITIONS.items():
        kind = outcome._TABLE[end, cause][0]
        yield f"`{end}`", f"`{cause}`", f"`{kind}`", *_raised(kind)


def _told_unasked() -> Iterable[tuple[str, ...]]:
    for kind, when in _UNASKED.items():
        exception, advice = _raised(kind)
        yield f"`{kind}`", exception, when, advice


def _raised(kind: OutcomeKind) -> tuple[str, str]:
    if kind is OutcomeKind.APPROVED:
        return "none: the tool runs", "–"
    error = not_approved(Outcome(kind=kind, message=""))
    return f"`{type(error).__name__}`", one_line(error.advice)
