"""The form in which an approver asks the agent something back; it decides nothing.

Opened by "Ask…" on a pending card. It says who will answer, and that no answer approves anything.
"""

from datetime import datetime
from typing import Any

from approvals.domain.asked_back import Answerer
from approvals.domain.asking_back import (
    ANSWER_MAX_CHARS,
    QUESTION_MAX_CHARS,
    first_for_person,
    who_answers,
)
from approvals.operations.ports import CardContent
from bot.slack.card_text import call_in_words, minutes_left
from bot.slack.escaping import plain_text
from bot.slack.form_inputs import input_block
from bot.slack.full_view import place_of, read_place, write_place
from bot.slack.payloads import ViewState
from bot.slack.rich_text import Element, bold, person, quote, rich_text, section
from bot.slack.story import clean

ASK_BACK_FORM = "sayso:ask_back_form"
ANSWER_BACK_FORM = "sayso:answer_back_form"
QUESTION_BLOCK, QUESTION_ACTION = "asked_back", "sayso:asked_back"
_BY_AGENT = (
    "The agent answers in the card's thread, from what it knows. Its answer is unverified: it "
    "approves nothing, and nothing runs for it."
)


def ask_back_modal(content: CardContent, now: datetime) -> dict[str, Any]:
    """Return the form for the pressed card; its submission is the question."""
    request = content.request
    told = section(
        bold(call_in_words(request)), f": {minutes_left(request, now)}. ", *_who(content)
    )
    return {
        "type": "modal",
        "callback_id": ASK_BACK_FORM,
        "title": plain_text("Ask back"),
        "submit": plain_text("Ask"),
        "close": plain_text("Back"),
        "private_metadata": write_place(place_of(content)),
        "blocks": [
            rich_text(f"ask_back:{request.id}", [told]),
            input_block(
                QUESTION_BLOCK,
                "What do you want to know?",
                {
                    "type": "plain_text_input",
                    "action_id": QUESTION_ACTION,
                    "multiline": True,
                    "max_length": QUESTION_MAX_CHARS,
                },
                hint=_readers(content),
            ),
        ],
    }


def answer_back_modal(content: CardContent) -> dict[str, Any]:
    """Return the form in which the person the agent acts for answers the oldest open question."""
    request = content.request
    number = first_for_person(request)
    assert number is not None
    asked = request.asking_back.asked[number]
    told = section(bold(call_in_words(request)), ": ", person(asked.by), " asks:")
    words = quote(clean(asked.question, request.salt, QUESTION_MAX_CHARS))
    return {
        "type": "modal",
        "callback_id": ANSWER_BACK_FORM,
        "title": plain_text("Answer for the agent"),
        "submit": plain_text("Answer"),
        "close": plain_text("Back"),
        "private_metadata": write_place(place_of(content, number + 1)),
        "blocks": [
            rich_text(f"answer_back:{request.id}", [told, words]),
            input_block(
                QUESTION_BLOCK,
                "Your answer",
                {
                    "type": "plain_text_input",
                    "action_id": QUESTION_ACTION,
                    "multiline": True,
                    "max_length": ANSWER_MAX_CHARS,
                },
                hint=f"It is told under your name and approves nothing. {_readers(content)}",
            ),
        ],
    }


def answered_question(view: ViewState) -> int:
    """Return which question, from 0, a submitted form answers.

    Raises:
        CardMismatch: the form is not ours.
    """
    return read_place(view.private_metadata).page - 1


def asked_question(view: ViewState) -> str:
    """Return what was typed into either form; empty where nothing was."""
    return view.typed(QUESTION_BLOCK, QUESTION_ACTION) or ""


def _who(content: CardContent) -> list[str | Element]:
    request = content.request
    if who_answers(request) is Answerer.AGENT:
        return [_BY_AGENT]
    asker = request.requester.person
    assert asker is not None
    return [
        "This agent cannot be asked itself, so ",
        person(asker),
        ", for whom it asks, is asked in the card's thread and can answer on the card.",
    ]


def _readers(content: CardContent) -> str:
    if content.request.is_private:
        return "The request goes on waiting. Details has question and answer; the channel has not."
    return "The channel sees question and answer. The request goes on waiting."
