"""What a reminder says: one sentence in the card's thread that calls who can still answer."""

from datetime import datetime
from typing import Any

from approvals.domain.display import one_line, shorten
from approvals.domain.terms import REMIND
from approvals.operations.reminder_messenger import Reminder
from bot.slack.calling import called, called_in_text
from bot.slack.card_text import call_in_words, minutes_left
from bot.slack.escaping import escape
from bot.slack.quorum_words import progress_of, slots_in_words
from bot.slack.rich_text import Element, bold, code, moment, rich_text, section

TOOL_MAX_CHARS = 80
HOPELESS = "Nobody is there who could answer it now: the groups that may are empty."


def reminder_text(reminder: Reminder, now: datetime) -> str:
    """Return the message's `text`, escaped; the mentions stand at its end."""
    request = reminder.content.request
    words = f"⏰ Still waiting: {call_in_words(request)}. {minutes_left(request, now)}."
    return escape(words) + called_in_text(reminder.audience)


def reminder_blocks(reminder: Reminder, now: datetime) -> list[dict[str, Any]]:
    """Return the one block of the message."""
    content = reminder.content
    request = content.request
    needs = slots_in_words(progress_of(content).missing) or "an approval"
    parts: list[str | Element] = [
        bold(f"⏰ {_counted(reminder)} "),
        code(shorten(one_line(request.call.tool), TOOL_MAX_CHARS)),
        f" still needs {needs}: {minutes_left(request, now)}, until ",
        moment(request.expires_at),
        "; then it does not run. ",
    ]
    mentions = called(reminder.audience)
    if mentions:
        parts += [*mentions, ", please decide on the card."]
    elif reminder.is_hopeless:
        parts.append(HOPELESS)
    return [rich_text(f"reminder:{request.id}", [section(*parts)])]


def _counted(reminder: Reminder) -> str:
    plan = reminder.content.request.requirement.terms[REMIND]
    is_last = plan is not None and reminder.number >= plan.max_count
    return "Last reminder." if is_last else "Reminder."
