"""The replies below a card: who decided or asked back, and to the requester how it ended.

Drawn for the messenger. A reply names the tool, because on a phone it is read without its card.
"""

from approvals.domain.approval_request import ApprovalRequest, Status
from approvals.domain.decision import Decision, Verdict
from approvals.domain.display import one_line, shorten
from approvals.domain.inquiry import is_inquiry
from approvals.domain.permit import PermitState
from approvals.domain.question import is_question, runs_nothing
from approvals.domain.telling import Telling
from approvals.operations.ports import CardContent
from bot.slack.alike_words import counts, times_decided
from bot.slack.ask_back_words import answer_line, question_line, words_of
from bot.slack.card_text import call_in_words, question_words
from bot.slack.edit_story import changed_words
from bot.slack.inquiry_words import brief_answer
from bot.slack.quorum_words import progress_of, slots_in_words
from bot.slack.rich_text import Element, as_mrkdwn, code, person, quote, section
from bot.slack.story import REASON_MAX_CHARS, clean

TOOL_MAX_CHARS = 80
_RAN = {
    PermitState.SUCCEEDED: ("✅", " ran."),
    PermitState.FAILED: ("❌", " ran and failed; the card has the tool's own words."),
    PermitState.UNKNOWN: ("❓", " was interrupted: it may or may not have happened."),
    PermitState.LAPSED: ("⌛", ": the approval was not used in time, so it did not run."),
}
_ENDED = {
    Status.REJECTED: ("❌", " was rejected and did not run."),
    Status.TIMED_OUT: ("⌛", ": nobody decided in time, so it did not run."),
    Status.CANCELLED: ("🚫", " was called off and did not run."),
}
_OF_INQUIRIES = {
    Status.APPROVED: ("✅", " is answered."),
    Status.REJECTED: ("❌", ": nobody answers; it was declined."),
    Status.TIMED_OUT: ("⌛", ": nobody answered in time."),
    Status.CANCELLED: ("🚫", " was called off."),
}
"""How an agent's question for an answer ended."""
_ANSWERED = {
    Status.APPROVED: ("✅", " is approved."),
    Status.REJECTED: ("❌", " is rejected."),
    Status.TIMED_OUT: ("⌛", ": nobody decided in time, so it is not approved."),
    Status.CANCELLED: ("🚫", " was called off."),
}
"""How a question people ask people ended: there was nothing to run."""


def reply_elements(content: CardContent, telling: Telling) -> list[Element]:
    """Return what is told below the card."""
    told = [section(*_line(content, telling))]
    if telling.asked is not None:
        asked = content.request.asking_back.asked[telling.asked]
        text = asked.answer if telling.is_answer else asked.question
        return [*told, *words_of(content.request, text)]
    request, reason = content.request, telling.decision and telling.decision.reason
    if reason and not request.is_private:
        told.append(quote(clean(reason, request.salt, REASON_MAX_CHARS)))
    return told


def reply_text(content: CardContent, telling: Telling) -> str:
    """Return the same as one escaped line, for notifications."""
    return as_mrkdwn(_line(content, telling))


def _line(content: CardContent, telling: Telling) -> list[str | Element]:
    if telling.asked is not None:
        asked = content.request.asking_back.asked[telling.asked]
        if telling.is_answer:
            return answer_line(content.request, asked)
        return question_line(content.request, asked)
    if telling.edit is not None:
        request = content.request
        edit = request.edits[telling.edit]
        changed = changed_words(request, telling.edit)
        return ["✏ ", person(edit.by), " changed ", _tool(request), ": ", *changed]
    if telling.decision is not None:
        return _decided(content, telling.decision)
    return _endings(content) if content.alike else _ending(content)


def _decided(content: CardContent, decision: Decision) -> list[str | Element]:
    who, tool = person(decision.user), _tool(content.request)
    many = times_decided(content, decision.verdict)
    if is_inquiry(content.request.call):
        return _said(content.request, decision, many)
    if decision.verdict is Verdict.REJECT:
        return ["❌ ", who, " rejected ", tool, f"{many}."]
    line: list[str | Element] = ["✅ ", who, " approved ", tool, many]
    state = progress_of(content)
    if content.request.is_pending and state.missing:
        line.append(f": {state.filled} of {state.needed}, needs {slots_in_words(state.missing)}")
    return [*line, "."]


def _said(request: ApprovalRequest, decision: Decision, many: str) -> list[str | Element]:
    who, asked = person(decision.user), _tool(request)
    if decision.verdict is Verdict.REJECT:
        return ["❌ ", who, " declined to answer ", asked, f"{many}."]
    answer = brief_answer(request)
    told: list[str | Element] = [": ", code(answer)] if answer else ["."]
    return ["✅ ", who, " answered ", asked, many, *told]


def _endings(content: CardContent) -> list[str | Element]:
    """Return how several identical calls ended, once all of them have."""
    request = content.request
    assert request.requester.person is not None
    return ["🏁 ", person(request.requester.person), ", ", _tool(request), f": {counts(content)}."]


def _ending(content: CardContent) -> list[str | Element]:
    request, permit = content.request, content.permit
    assert request.requester.person is not None
    if is_inquiry(request.call):
        sign, words = _OF_INQUIRIES[request.status]
    elif is_question(request.call):
        sign, words = _ANSWERED[request.status]
    elif request.status is Status.APPROVED and permit is not None:
        sign, words = _RAN[permit.state]
    else:
        sign, words = _ENDED[request.status]
    return [f"{sign} ", person(request.requester.person), ", ", _tool(request), words]


def _tool(request: ApprovalRequest) -> Element:
    if request.turn is not None and not request.is_alone:
        return code(call_in_words(request))  # beside others that may be of the same tool
    name = question_words(request) if runs_nothing(request.call) else one_line(request.call.tool)
    return code(shorten(name, TOOL_MAX_CHARS))
