"""What a reminder says: one sentence in the card's thread that calls who can still answer."""

from datetime import datetime
from typing import Any

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.display import one_line, shorten
from approvals.domain.inquiry import is_inquiry
from approvals.domain.question import runs_nothing
from approvals.domain.terms import REMIND
from approvals.operations.ports import CardContent
from approvals.operations.reminder_messenger import Reminder
from bot.slack.calling import called, called_in_text
from bot.slack.card_text import call_in_words, counted, minutes_left, question_words
from bot.slack.escaping import escape
from bot.slack.hold_words import after_silence
from bot.slack.quorum_words import progress_of, slots_in_words
from bot.slack.rich_text import Element, bold, code, moment, rich_text, section

TOOL_MAX_CHARS = 80
HOPELESS = "Nobody is there who could answer it now: the groups that may are empty."


def reminder_text(reminder: Reminder, now: datetime) -> str:
    """Return the message's `text`, escaped; the mentions stand at its end."""
    request = _next_to_end(reminder).request
    call, left = call_in_words(request), minutes_left(request, now)
    number = _number(reminder)
    words = f"⏰ Still waiting: {call}. {left}."
    if number > 1:
        words = f"⏰ Still waiting: {counted(number, 'call')}. {left} for the first: {call}."
    return escape(words) + called_in_text(reminder.audience)


def reminder_blocks(reminder: Reminder, now: datetime) -> list[dict[str, Any]]:
    """Return the one block of the message."""
    first = _next_to_end(reminder).request
    several = _number(reminder) > 1
    parts: list[str | Element] = [
        bold("⏰ Last reminder. " if _is_last(reminder) else "⏰ Reminder. "),
        *(_all(reminder) if several else _one(reminder.content)),
        f"{minutes_left(first, now)}, until ",
        moment(first.expires_at),
        f"; then {_after(first, several=several)}. ",
    ]
    mentions = called(reminder.audience)
    if mentions:
        parts += [*mentions, ", please decide on the card."]
    elif reminder.is_hopeless:
        parts.append(HOPELESS)
    return [rich_text(f"reminder:{reminder.content.request.id}", [section(*parts)])]


def _one(content: CardContent) -> list[str | Element]:
    call = content.request.call
    name = question_words(content.request) if runs_nothing(call) else one_line(call.tool)
    wanted = _missing(content)
    wanted = f"an answer from {wanted}" if is_inquiry(call) else wanted
    return [code(shorten(name, TOOL_MAX_CHARS)), f" still needs {wanted}: "]


def _after(request: ApprovalRequest, *, several: bool) -> str:
    if several and not runs_nothing(request.call):
        return "that one does not run"
    return after_silence(request)


def _all(reminder: Reminder) -> list[str | Element]:
    needs = {_missing(content) for content in reminder.waiting}
    each = f", each for {needs.pop()}" if len(needs) == 1 else ""
    return [f"{counted(_number(reminder), 'call')} on this card still wait{each}. The first has "]


def _missing(content: CardContent) -> str:
    return slots_in_words(progress_of(content).missing) or "an approval"


def _number(reminder: Reminder) -> int:
    return sum(each.is_pending for content in reminder.waiting for each in content.shown)


def _next_to_end(reminder: Reminder) -> CardContent:
    return min(reminder.waiting, key=lambda content: content.request.expires_at)


def _is_last(reminder: Reminder) -> bool:
    """Whether none of the calls is reminded of again."""
    for content in reminder.waiting:
        plan = content.request.requirement.terms[REMIND]
        if plan is not None and content.request.followed_up.reminders < plan.max_count:
            return False
    return True
