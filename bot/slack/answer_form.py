"""The form in which an inquiry is answered: one field, or one for each thing it asks for.

Opened by `answering`, for who may answer; drawn from the schema the agent gave.
"""

from typing import Any

from approvals.domain.display import visible
from approvals.domain.inquiry import inquiry_of
from approvals.domain.redaction import mask_words
from approvals.operations.ports import CardContent
from bot.slack.escaping import plain_text
from bot.slack.form_fields import field_input
from bot.slack.full_view import place_of, write_place
from bot.slack.inquiry_words import PERMITS_NOTHING
from bot.slack.rich_text import bold, quote, rich_text, section

ANSWER_FORM = "sayso:answer_form"


def answer_form_view(content: CardContent) -> dict[str, Any]:
    """Return the form as a modal."""
    request = content.request
    inquiry = inquiry_of(request.call)
    asked = visible(mask_words(inquiry.question, request.salt)).text
    label = "" if inquiry.is_object else "Your answer"
    told = [
        section(bold("The agent asks (its own words, unverified)")),
        quote(asked),
        section(f"{PERMITS_NOTHING} Give no passwords or keys: it is stored."),
    ]
    return {
        "type": "modal",
        "callback_id": ANSWER_FORM,
        "title": plain_text("Answer the agent"),
        "submit": plain_text("Answer"),
        "close": plain_text("Back"),
        "private_metadata": write_place(place_of(content)),
        "blocks": [
            rich_text(f"asked:{request.id}", told),
            *(
                field_input(place, field, label=label, says_yes=True)
                for place, field in enumerate(inquiry.form.fields)
            ),
        ],
    }
