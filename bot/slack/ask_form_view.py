"""What the form behind "Ask for approval" looks like, and what was put into it."""

from datetime import timedelta
from typing import Any

from approvals.domain import strict_json
from approvals.domain.durations import parse_duration
from approvals.domain.errors import InvalidJson
from approvals.domain.ids import ChannelId
from approvals.domain.look_errors import MisusedVerb
from approvals.domain.question import NAMED_MAX, QUESTION_MAX_CHARS
from bot.slack.escaping import plain_text
from bot.slack.form_inputs import input_block
from bot.slack.payloads import Malformed, ViewState
from bot.slack.rich_text import channel as channel_element
from bot.slack.rich_text import rich_text, section

ASK_FORM = "sayso:ask_form"
QUESTION_BLOCK, QUESTION_ACTION = "question", "sayso:question"
NAMED_BLOCK, NAMED_ACTION = "named", "sayso:named"
WITHIN_BLOCK, WITHIN_ACTION = "within", "sayso:within"


def ask_form_view(channel: ChannelId, *, text: str) -> dict[str, Any]:
    """Return the form, with *text* as the question; what does not fit is cut."""
    entry: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": QUESTION_ACTION,
        "multiline": True,
        "max_length": QUESTION_MAX_CHARS,
        "placeholder": plain_text("Deploy 2.3 to prod?"),
    }
    if text.strip():
        entry["initial_value"] = text.strip()[:QUESTION_MAX_CHARS]
    return {
        "type": "modal",
        "callback_id": ASK_FORM,
        "title": plain_text("Ask for approval"),
        "submit": plain_text("Ask"),
        "close": plain_text("Back"),
        "private_metadata": strict_json.write({"channel": channel}),
        "blocks": [
            rich_text(
                "where",
                [section("Asked in ", channel_element(channel), ", by its rules. Nothing runs.")],
            ),
            input_block(QUESTION_BLOCK, "Question", entry, hint="You may not approve it yourself."),
            input_block(NAMED_BLOCK, "Who has to approve it too", _people(), is_optional=True),
            input_block(
                WITHIN_BLOCK,
                "Time to answer",
                {
                    "type": "plain_text_input",
                    "action_id": WITHIN_ACTION,
                    "max_length": 20,
                    "placeholder": plain_text("2h"),
                },
                hint="Such as 30m or 2h. The rules may give less.",
                is_optional=True,
            ),
        ],
    }


def channel_of(view: ViewState) -> ChannelId:
    """Return the channel the form asks in.

    Raises:
        Malformed: the form is not one of ours.
    """
    try:
        stored = strict_json.read(view.private_metadata)
    except InvalidJson:
        raise Malformed("view.private_metadata") from None
    channel = stored.get("channel") if isinstance(stored, dict) else None
    if not isinstance(channel, str):
        raise Malformed("view.private_metadata")
    return ChannelId(channel)


def named_of(view: ViewState) -> tuple[str, ...]:
    """Return the ids of the people chosen."""
    chosen = view.values.get(NAMED_BLOCK, {}).get(NAMED_ACTION, {})
    users = chosen.get("selected_users") if isinstance(chosen, dict) else None
    return tuple(each for each in users or () if isinstance(each, str))


def within_of(view: ViewState) -> timedelta | None:
    """Return the time to answer, None where none was given.

    Raises:
        MisusedVerb: it is no duration.
    """
    typed = view.typed(WITHIN_BLOCK, WITHIN_ACTION)
    if typed is None:
        return None
    try:
        return parse_duration(typed)
    except ValueError as mistake:
        raise MisusedVerb(f"{mistake}.") from None


def _people() -> dict[str, Any]:
    return {
        "type": "multi_users_select",
        "action_id": NAMED_ACTION,
        "max_selected_items": NAMED_MAX,
        "placeholder": plain_text("Whoever may approve here"),
    }
