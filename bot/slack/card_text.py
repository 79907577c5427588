"""The words of a card: headline, the message's `text` for phones, and how long things take.

A phone's lock screen shows nothing but the `text`, so its first 110 characters say what, with which
arguments, how risky and how long is left. Pure functions of `CardContent` and the present.
"""

from datetime import datetime, timedelta

from approvals.domain import strict_json
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.card import CardKind
from approvals.domain.display import one_line, shorten
from approvals.domain.inquiry import is_inquiry
from approvals.domain.question import is_question, named_sets, question_of, runs_nothing
from approvals.domain.redaction import mask_arguments, mask_words, names_a_secret
from approvals.domain.requirement import Risk
from approvals.domain.strict_json import JsonValue
from approvals.operations.ports import CardContent
from bot.slack.alike_words import times
from bot.slack.calling import audience_of, called_in_text
from bot.slack.endings import ended_words, ran
from bot.slack.escaping import escape, fitting
from bot.slack.quorum_words import progress_of

PRIVATE_QUESTION = "a private question"
HEADLINE_MAX_CHARS = 140
NOTIFICATION_MAX_CHARS = 110
_TOOL_MAX_CHARS = 44
_VALUE_MAX_CHARS = 28

RISKS = {
    Risk.LOW: "🟢 Low risk",
    Risk.MEDIUM: "🟠 Medium risk",
    Risk.HIGH: "🔴 High risk",
}
_RISK_WORDS = {Risk.LOW: "low risk", Risk.MEDIUM: "medium risk", Risk.HIGH: "HIGH RISK"}


def headline(content: CardContent) -> str:
    """Return the card's first line, not yet escaped: the question, or how it ended."""
    request = content.request
    tool = one_line(request.call.tool)
    if is_inquiry(request.call):
        tool = question_words(request)
        start, end = f"{ended_words(content) if request.ended_at else '❓ Agent asks'} · ", ""
    elif is_question(request.call):
        tool = question_words(request)
        start = RISKS[request.requirement.risk] if request.is_pending else ended_words(content)
        start, end = f"{start} · ", ""
    elif request.is_held:
        start, end = "⏸ Approved, on hold · ", ""
    elif request.is_pending:
        start, end = f"{RISKS[request.requirement.risk]} · Run ", "?"
    else:
        start, end = f"{ended_words(content)} · ", ran(content)
    end = times(content) + end
    return start + fitting(tool, HEADLINE_MAX_CHARS - len(start) - len(end)) + end


def notification_text(content: CardContent, now: datetime) -> str:
    """Return the message's `text`, escaped; it stands alone on phones and in notifications.

    Whom the card calls is mentioned after it.
    """
    request = content.request
    tool = shorten(one_line(request.call.tool), _TOOL_MAX_CHARS)
    if runs_nothing(request.call):
        what = "Asks" if is_inquiry(request.call) else "Asks for approval"
        start = f"{what}, {minutes_left(request, now)}"
        start = start if request.is_pending else ended_words(content)
        room = NOTIFICATION_MAX_CHARS - len(start) - 2
        people = content.called if is_inquiry(request.call) else named_sets(request.call)
        named = called_in_text(audience_of(people))
        told = escape(f"{start}: {shorten(question_words(request), room)}")
        return told + (named if request.is_pending else "")
    if request.is_held:
        start = f"Approved, on hold: {tool}"
        end = f"{times(content)}. {minutes_left(request, now)} to stop it."
    elif request.is_pending:
        risk = _RISK_WORDS[request.requirement.risk]
        sign = "⏫ " if content.card.kind is CardKind.ESCALATION else ""
        start = f"{sign}Approve {tool}"
        state = progress_of(content)
        come = f" {state.filled} of {state.needed} approved," if state.needed > 1 else ""
        end = f"{times(content)}? {risk[0].upper()}{risk[1:]},{come} {minutes_left(request, now)}."
    else:
        start = f"{ended_words(content)}: {tool}"
        end = times(content) + ran(content)
    room = NOTIFICATION_MAX_CHARS - len(start) - len(end) - 2
    shown = "" if request.is_private else key_arguments(request, room)
    told = escape(f"{start}({shown}){end}" if shown else start + end)
    return told + called_in_text(audience_of(content.called))


def key_arguments(request: ApprovalRequest, max_chars: int) -> str:
    """Return the arguments in at most *max_chars* characters; an ellipsis stands for the rest."""
    arguments = mask_arguments(strict_json.read(request.call.arguments_json), request.salt)
    assert isinstance(arguments, dict)
    shown = ""
    for name, value in sorted(arguments.items(), key=_says_little):
        piece = f"{', ' if shown else ''}{shorten(one_line(name), 24)}={_brief(value)}"
        if len(shown) + len(piece) > max_chars - 3:
            piece = f"{piece[: max(0, max_chars - len(shown) - 1)]}…"
            return (shown + piece)[:max_chars]
        shown += piece
    return shown


def call_in_words(request: ApprovalRequest) -> str:
    """Return ``tool(name=value, …)`` on one line, not escaped, in at most 150 characters.

    Of a private request without its arguments: it is said where others read it too.
    """
    if runs_nothing(request.call):
        return f"“{shorten(question_words(request), 148)}”"
    tool = shorten(one_line(request.call.tool), 80)
    return f"{tool}({'…' if request.is_private else key_arguments(request, 68)})"


def question_words(request: ApprovalRequest) -> str:
    """Return what people are asked on one line, secrets masked, not escaped."""
    if request.is_private:
        return PRIVATE_QUESTION
    return one_line(mask_words(question_of(request.call), request.salt))


def minutes_left(request: ApprovalRequest, now: datetime) -> str:
    """Return how long people may still decide: while it is held, how long they may stop it."""
    left = (request.held_until or request.expires_at) - now
    return "no time left" if left <= timedelta(0) else f"{length(left)} left"


def length(duration: timedelta) -> str:
    """Return *duration* in at most two units, never rounded up.

    >>> length(timedelta(seconds=252)), length(timedelta(hours=26))
    ('4 min 12 s', '1 d 2 h')
    """
    words: list[str] = []
    left_s = max(0, int(duration.total_seconds()))
    for unit, size_s in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        number, left_s = divmod(left_s, size_s)
        if number or (words and len(words) < 2):
            words.append(f"{number} {unit}" if number else "")
    return " ".join(word for word in words[:2] if word) or "under 1 s"


def counted(number: int, noun: str) -> str:
    """Return *number* with its noun in the right form."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _says_little(argument: tuple[str, JsonValue]) -> bool:
    """Short plain values are read on a phone; secrets, long texts and lists come after them."""
    name, value = argument
    if names_a_secret(name) or isinstance(value, dict | list):
        return True
    return isinstance(value, str) and len(value) > _VALUE_MAX_CHARS


def _brief(value: JsonValue) -> str:
    if isinstance(value, str):
        return shorten(one_line(value), _VALUE_MAX_CHARS)
    if isinstance(value, dict | list) and value:
        return counted(len(value), "field" if isinstance(value, dict) else "item")
    return strict_json.write(value)
