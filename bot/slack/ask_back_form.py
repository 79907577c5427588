"""The form in which an approver asks the agent something back; it decides nothing.

Opened by "Ask…" on a pending card. It says who will answer, and that no answer approves anything.
"""

from datetime import datetime
from typing import Any

from approvals.domain.asked_back import Answerer
from approvals.domain.asking_back import QUESTION_MAX_CHARS, who_answers
from approvals.operations.ports import CardContent
from bot.slack.card_text import call_in_words, minutes_left
from bot.slack.escaping import plain_text
from bot.slack.form_inputs import input_block
from bot.slack.full_view import place_of, write_place
from bot.slack.payloads import ViewState
from bot.slack.rich_text import Element, bold, person, rich_text, section

ASK_BACK_FORM = "sayso:ask_back_form"
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


def asked_question(view: ViewState) -> str:
    """Return what was typed; empty where nothing was."""
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
        ", for whom it asks, is asked in the card's thread.",
    ]


def _readers(content: CardContent) -> str:
    if content.request.is_private:
        return "The request goes on waiting. Details has question and answer; the channel has not."
    return "The channel sees question and answer. The request goes on waiting."
