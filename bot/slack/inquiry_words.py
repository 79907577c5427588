"""An inquiry in Slack: its question on the card, what there is to press, and what was answered.

Used by cards, lists, windows and Home. Question, options and answer are others' words: they stand
masked in elements in which nothing is parsed, with everything in them made visible.
"""

from typing import Any

from approvals.domain import strict_json
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.display import one_line, shorten, visible
from approvals.domain.inquiry import inquiry_of, masked_answer
from approvals.domain.question import question_of
from approvals.domain.redaction import mask_words
from approvals.operations.ports import CardContent
from bot.slack import buttons
from bot.slack.alike_words import times
from bot.slack.form_fields import choice_label
from bot.slack.rich_text import Element, bold, quote, section

ANSWER_MAX_CHARS = 1_500
BRIEF_MAX_CHARS = 120
PERMITS_NOTHING = "The answer is told to the agent. It approves nothing and runs nothing."
PRIVATE_INQUIRY = "The question and its answer stand in no channel. Who may answer can read them."
_BUTTON_MAX_CHARS = 30
"""Slack cuts a longer label on a phone; then all options stand in the form."""


def inquiry_elements(request: ApprovalRequest) -> list[Element]:
    """Return the question in full, unless it is private, and what becomes of an answer."""
    if request.is_private:
        return [section(bold("🔒 "), PRIVATE_INQUIRY)]
    asked = visible(mask_words(question_of(request.call), request.salt)).text
    return [
        section(bold("The agent asks (its own words, unverified)")),
        quote(asked),
        *([section(PERMITS_NOTHING)] if request.is_pending else []),
    ]


def answer_elements(request: ApprovalRequest, *, hides: bool = False) -> list[Element]:
    """Return what was answered, nothing where nobody answered."""
    if request.answer is None:
        return []
    if hides:
        return [section("The answer is private; Details has it.")]
    return [quote(shorten(visible(answer_text(request)).text, ANSWER_MAX_CHARS))]


def answer_text(request: ApprovalRequest) -> str:
    """Return the answer as people read it, masked."""
    assert request.answer is not None
    answer = masked_answer(request.call, request.answer, request.salt)
    if isinstance(answer, dict):
        return "\n".join(f"{name}: {_plain(value)}" for name, value in answer.items())
    return _plain(answer)


def brief_answer(request: ApprovalRequest) -> str:
    """Return the answer on one line, for replies and lists; nothing where there is none to show."""
    if request.answer is None or request.is_private:
        return ""
    return shorten(one_line(answer_text(request)), BRIEF_MAX_CHARS)


def answering(content: CardContent) -> list[dict[str, Any]]:
    """Return the buttons that answer, or decline to."""
    request, value = content.request, buttons.value_on(content)
    labels = _labels(request)
    many = times(content)
    if labels:
        drawn = [
            buttons.button(action, label, value)
            for action, label in zip(buttons.ANSWERS, labels, strict=False)
        ]
    else:
        drawn = [buttons.button(buttons.ANSWER, f"Answer{many}…", value, style="primary")]
    return [*drawn, buttons.button(buttons.REJECT, f"Decline to answer{many}", value)]


def _labels(request: ApprovalRequest) -> list[str]:
    """Return the options that have room as buttons, in the open; none where one has not."""
    choices = () if request.is_private else inquiry_of(request.call).choices
    labels = [choice_label(each, says_yes=True) for each in choices]
    fits = len(labels) <= len(buttons.ANSWERS)
    return labels if fits and all(len(each) <= _BUTTON_MAX_CHARS for each in labels) else []


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return value if isinstance(value, str) else strict_json.write(value)
