"""One request on one line, for lists of them: its short id, the call, and what counts just now."""

from datetime import datetime

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.display import one_line, shorten
from approvals.domain.question import is_question
from bot.slack.card_text import call_in_words, minutes_left
from bot.slack.rich_text import channel, code, person
from bot.slack.verbs.reply import Line

_AGENT_MAX_CHARS = 40


def pending_line(request: ApprovalRequest, now: datetime, *, is_here: bool) -> Line:
    """Return a pending request; its channel is named unless *is_here*."""
    where: Line = [] if is_here else [" in ", channel(request.channel)]
    return [
        "• ",
        code(request.short_id),
        f" {call_in_words(request)}",
        *where,
        " – asked by ",
        *asker(request),
        f", {minutes_left(request, now)}",
    ]


def asker(request: ApprovalRequest) -> Line:
    """Return who asks: the person it is for, else the agent."""
    requester = request.requester
    if is_question(request.call) and requester.person is not None:
        return [person(requester.person)]
    agent = shorten(one_line(requester.agent), _AGENT_MAX_CHARS)
    if requester.person is None:
        return ["agent ", code(agent)]
    return [code(agent), " for ", person(requester.person)]
