"""How a request went: who decided, when and why, and how the run of the tool ended.

Drawn by cards (after the question) and by the details modal: all statuses, causes, permit states.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from approvals.domain.absence import Absence
from approvals.domain.approval_request import Cause, Status
from approvals.domain.display import one_line, shorten, visible
from approvals.domain.follow_up import end_of_use
from approvals.domain.inquiry import is_inquiry
from approvals.domain.outcome import outcome_of
from approvals.domain.permit import Permit, PermitState, Settlement
from approvals.domain.question import runs_nothing
from approvals.domain.redaction import mask_words
from approvals.domain.run import RunStatus
from approvals.operations.ports import CardContent
from approvals.operations.read_card import asks_what_happened
from bot.slack.card_text import length
from bot.slack.inquiry_words import answer_elements
from bot.slack.quorum_words import approvals, so_far
from bot.slack.rich_text import (
    Element,
    bold,
    joined,
    moment,
    person,
    preformatted,
    quote,
    section,
    time_of_day,
)

REASON_MAX_CHARS = 500
ENDED_MAX_CHARS = 1_500
RESULT_MAX_CHARS = 800
_INTERRUPTED = "❓ interrupted: the gateway stopped while it ran. It may or may not have happened. "
_CUT_OFF = "❓ cut off: how it ended is not known. It may or may not have happened. "
_SETTLING = (
    "Look it up, then say here what became of it; the agent task waits for it. Run it again asks "
    "again: nothing runs before its card is approved. Give up tells the agent that nobody knows."
)
_SAYS = {
    Settlement.HAPPENED: " says: it happened. The agent goes on with that.",
    Settlement.AGAIN: " wants it run again. It is asked again before anything runs.",
    Settlement.GAVE_UP: " gave it up. The agent is told that nobody knows whether it happened.",
}


def story(content: CardContent, *, whole: bool = False) -> list[Element]:
    """Return what has happened so far; empty while nobody has decided.

    Of a private request nobody's words and no result, unless the *whole* is asked for.
    """
    request = content.request
    if request.is_pending:
        return so_far(content)
    hides = request.is_private and not whole
    return [*_ending(content, hides=hides), *_run(content, hides=hides)]


def earlier_story(content: CardContent) -> list[Element]:
    """Return why the same thing is asked again, or nothing when it is not."""
    earlier, permit = content.earlier, content.earlier_permit
    if earlier is None:
        return []
    warning: list[str | Element] = [bold("Asked again. "), "An earlier run"]
    if earlier.status is Status.APPROVED and earlier.ended_by is not None:
        warning += [" approved by ", person(earlier.ended_by)]
    if earlier.ended_at is not None:
        warning += [", ", moment(earlier.ended_at), ","]
    return [section(bold("⚠ "), *warning, f" {_earlier_ending(permit)}")]


def absences(content: CardContent) -> list[Element]:
    """Return when clicks on the card could not arrive, or nothing when they always could."""
    if not content.missed:
        return []
    times = joined((_times_of(each) for each in content.missed), " and ")
    return [section(bold("⚠ Sayso was away "), *times, ". A click made then is lost: click again.")]


def _times_of(absence: Absence) -> list[str | Element]:
    is_one_day = absence.ended_at - absence.began_at < timedelta(hours=12)
    until = time_of_day(absence.ended_at) if is_one_day else moment(absence.ended_at, seconds=True)
    return [moment(absence.began_at, seconds=True), " – ", until]


def clean(text: str, salt: str, max_chars: int) -> str:
    """Return untrusted *text* masked, visible and then cut."""
    return shorten(visible(mask_words(text, salt)).text, max_chars)


def _earlier_ending(permit: Permit | None) -> str:
    if permit is not None and permit.state is PermitState.LAPSED:
        return "was not started in time. It did not happen."
    if permit is not None and permit.state is PermitState.FAILED:
        return "failed. Part of it may have happened."
    return "was interrupted. It may have happened: check before you approve it again."


def _ending(content: CardContent, *, hides: bool) -> list[Element]:
    request = content.request
    assert request.ended_at is not None
    after = length(request.ended_at - request.created_at)
    is_done = request.status is Status.APPROVED or runs_nothing(request.call)
    tail = "." if is_done else ". It did not run."
    when: list[str | Element] = [
        " ",
        moment(request.ended_at, seconds=True),
        f", {after} after it was asked",
    ]
    by_people = _by_people(content)
    drawn = [
        section(*by_people, *when, tail)
        if by_people
        else section(
            shorten(one_line(outcome_of(request).message), ENDED_MAX_CHARS), " Ended", *when, "."
        )
    ]
    drawn += answer_elements(request, hides=hides)
    if request.ended_reason and request.cause is not Cause.RULE:
        if hides:
            return [*drawn, section("A reason was given; Details has it.")]
        drawn.append(quote(clean(request.ended_reason, request.salt, REASON_MAX_CHARS)))
    return drawn


def _by_people(content: CardContent) -> list[str | Element]:
    """Return who ended the request and how, none where no person did."""
    request = content.request
    if request.cause is Cause.PEOPLE:
        counted = [each.user for each in approvals(content) if each.sets]
        users = counted or ([request.ended_by] if request.ended_by else [])
        word = "Answered by " if is_inquiry(request.call) else "Approved by "
        return [bold(word), *joined(([person(user)] for user in users), ", ")]
    if request.cause in (Cause.PERSON, Cause.REQUESTER) and request.ended_by is not None:
        said_no = "Declined by " if is_inquiry(request.call) else "Rejected by "
        word = said_no if request.cause is Cause.PERSON else "Cancelled by "
        return [bold(word), person(request.ended_by)]
    return []


def _run(content: CardContent, *, hides: bool) -> list[Element]:
    request, permit = content.request, content.permit
    if permit is None:
        return []
    if hides and permit.result:
        how = _how_it_ran(content, replace(permit, result=None))
        return [section(bold("Run: "), *how, " Details has the tool's own words.")]
    drawn = [section(bold("Run: "), *_how_it_ran(content, permit))]
    if permit.result:
        drawn.append(preformatted(clean(permit.result, request.salt, RESULT_MAX_CHARS)))
    return drawn


def _how_it_ran(content: CardContent, permit: Permit) -> list[str | Element]:
    match permit.state:
        case PermitState.UNCLAIMED:
            return _not_started(content, permit)
        case PermitState.CLAIMED:
            return ["running since ", *_at(permit.claimed_at), "."]
        case PermitState.SUCCEEDED:
            return [f"✅ succeeded{_lasted(permit)}.", *_answer(permit)]
        case PermitState.FAILED:
            return [f"❌ failed{_lasted(permit)}.", *_answer(permit)]
        case PermitState.UNKNOWN:
            cut = _INTERRUPTED if permit.result is None else _CUT_OFF
            return [cut, *_settled(content, permit)]
        case PermitState.LAPSED:
            return ["⌛ the approval was not used in time. It did not run."]


def _not_started(content: CardContent, permit: Permit) -> list[str | Element]:
    run = content.run
    if run is None:
        return [
            "not started yet. A waiting agent starts at once; one that went may return until ",
            moment(end_of_use(content.request, permit)),
            ", or ask again.",
        ]
    if run.status is RunStatus.RUNNING:
        return ["not started yet. It runs when the other calls of this turn have ended."]
    if run.has_ended:
        return ["not started, and the agent task has ended. It does not run."]
    return ["not started yet. The agent task waits in line and goes on with it."]


def _settled(content: CardContent, permit: Permit) -> list[str | Element]:
    if permit.settlement is None:
        return [_SETTLING if asks_what_happened(content) else "Check before running it again."]
    if permit.settled_by is None:
        return ["The agent task ended before anybody said it. Check before running it again."]
    when: list[str | Element] = [" (", *_at(permit.settled_at), ")"]
    return [person(permit.settled_by), _SAYS[permit.settlement], *when]


def _lasted(permit: Permit) -> str:
    if permit.claimed_at is None or permit.ended_at is None:
        return ""
    return f" after {length(permit.ended_at - permit.claimed_at)}"


def _answer(permit: Permit) -> list[str | Element]:
    return [" The tool's own words:"] if permit.result else []


def _at(at: datetime | None) -> list[str | Element]:
    return [moment(at, seconds=True)] if at is not None else ["now"]
