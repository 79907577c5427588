"""What a card and its details tell of earlier calls of the same tool: one line, and the latest few.

Facts for people, drawn from the rows; they decide nothing and no rule looks at them.
"""

from approvals.domain.approval_request import ApprovalRequest, Cause, Status
from approvals.domain.history import COUNTED_MAX, REMEMBERED_FOR, History, Past
from approvals.domain.permit import Permit, PermitState
from bot.slack.card_text import counted, key_arguments
from bot.slack.rich_text import Element, bold, code, moment, person, section

ARGUMENTS_MAX_CHARS = 120
_DAYS = f"{REMEMBERED_FOR.days} days"
_ENDED = {
    Status.APPROVED: "approved",
    Status.REJECTED: "rejected",
    Status.TIMED_OUT: "timed out",
    Status.CANCELLED: "cancelled",
}
_RAN = {
    PermitState.UNCLAIMED: "not run yet",
    PermitState.CLAIMED: "running",
    PermitState.SUCCEEDED: "succeeded",
    PermitState.FAILED: "failed",
    PermitState.UNKNOWN: "may or may not have run",
    PermitState.LAPSED: "not used in time",
}


def memory(history: History) -> list[str | Element]:
    """Return the line a card has: how often this was asked here, and how that went."""
    if not history.asked:
        return [bold("Before "), f"never asked here in {_DAYS}"]
    or_more = "+" if history.asked >= COUNTED_MAX else ""
    line: list[str | Element] = [
        bold("Before "),
        f"asked {history.asked:,}{or_more} time{'' if history.asked == 1 else 's'} in {_DAYS}",
    ]
    if history.last_approved_at is not None:
        line += [f", approved {history.approved:,}, last ", moment(history.last_approved_at)]
        if history.is_changed:
            line.append(", ⚠ the tool was changed since")
    else:
        line.append(", never approved")
    if history.rejected:
        line.append(f", rejected {history.rejected:,}")
    if history.failed:
        line.append(f", ⚠ {counted(history.failed, 'run')} failed")
    return line


def latest(past: tuple[Past, ...], request: ApprovalRequest) -> list[Element]:
    """Return the latest earlier calls, each on a line; those with the same arguments say so."""
    return [section(bold("Before")), *(section(*_line(each, request)) for each in past)]


def _line(past: Past, request: ApprovalRequest) -> list[str | Element]:
    earlier = past.request
    if earlier.is_private:
        return [*_start(earlier), "private – ", *_ending(earlier, past.permit)]
    same = earlier.call.digest == request.call.digest
    arguments = key_arguments(earlier, ARGUMENTS_MAX_CHARS)
    about: list[str | Element] = (
        ["the same arguments"] if same else [code(arguments)] if arguments else ["no arguments"]
    )
    return [*_start(earlier), *about, " – ", *_ending(earlier, past.permit)]


def _start(earlier: ApprovalRequest) -> list[str | Element]:
    return ["• ", moment(earlier.created_at), ": "]


def _ending(earlier: ApprovalRequest, permit: Permit | None) -> list[str | Element]:
    words: list[str | Element] = [_ENDED[earlier.status]]
    if earlier.cause in (Cause.PEOPLE, Cause.PERSON) and earlier.ended_by is not None:
        words += [" by ", person(earlier.ended_by)]
    if permit is not None:
        words.append(f", {_RAN[permit.state]}")
    return words
