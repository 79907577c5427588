"""The form behind Extend: by how much a request's end is put off. Its submission does it."""

from datetime import datetime
from typing import Any

from approvals.domain.errors import CardMismatch
from approvals.domain.extending import latest_end, lengths_left
from approvals.domain.time_errors import ExtensionTooLong
from approvals.operations.ports import CardContent
from bot.slack.card_text import call_in_words, length, minutes_left
from bot.slack.escaping import plain_text
from bot.slack.form_inputs import input_block
from bot.slack.full_view import ViewPlace, write_place
from bot.slack.payloads import ViewState
from bot.slack.rich_text import bold, moment, rich_text, section

EXTEND_FORM = "sayso:extend_form"
UNTIL_BLOCK = "until"
UNTIL_ACTION = "sayso:until"


def extend_modal(content: CardContent, now: datetime) -> dict[str, Any]:
    """Return the form. Each option names a moment, so that sending it twice changes nothing more.

    Raises:
        ExtensionTooLong: there is no room left.
    """
    request = content.request
    options = [
        {
            "text": plain_text(f"{length(each)} more"),
            "value": (request.expires_at + each).isoformat(),
        }
        for each in lengths_left(request)
    ]
    if not options:
        raise ExtensionTooLong
    place = ViewPlace(request_id=request.id, nonce=content.card.nonce, digest=request.call.digest)
    told = section(
        bold(call_in_words(request)),
        f"\nIt ends in {minutes_left(request, now).removesuffix(' left')}, ",
        moment(request.expires_at, seconds=True),
        "; then it does not run. Nobody can put it off beyond ",
        moment(latest_end(request), seconds=True),
        ". More time decides nothing.",
    )
    return {
        "type": "modal",
        "callback_id": EXTEND_FORM,
        "title": plain_text("Give it more time"),
        "submit": plain_text("Extend"),
        "close": plain_text("Back"),
        "private_metadata": write_place(place),
        "blocks": [
            rich_text(f"extend:{request.id}", [told]),
            input_block(
                UNTIL_BLOCK,
                "How much longer?",
                {
                    "type": "radio_buttons",
                    "action_id": UNTIL_ACTION,
                    "options": options,
                    "initial_option": options[0],
                },
            ),
        ],
    }


def chosen_until(view: ViewState) -> datetime:
    """Return the moment that was chosen.

    Raises:
        CardMismatch: the form is not ours.
    """
    found = view.values.get(UNTIL_BLOCK, {}).get(UNTIL_ACTION)
    option = found.get("selected_option") if isinstance(found, dict) else None
    value = option.get("value") if isinstance(option, dict) else None
    try:
        until = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        until = None
    if until is None or until.tzinfo is None:
        raise CardMismatch
    return until
