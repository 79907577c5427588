"""The fields of a form that is drawn from a JSON schema: how each looks, and what was put into it.

Used by the form in which a call is changed and by the one in which an inquiry is answered. What a
field means is `domain/argument_form`'s word; whatever a schema says is shown escaped.
"""

from datetime import date
from typing import Any

from approvals.domain.argument_form import TEXT_MAX_CHARS, Field, FieldKind, choice_text
from approvals.domain.strict_json import JsonValue
from bot.slack.escaping import plain_text, untrusted
from bot.slack.form_inputs import input_block
from bot.slack.payloads import ViewState

VALUE_ACTION = "sayso:edited_value"
_BLOCK = "edit"
_HINT_MAX_CHARS = 300
_OPTION_MAX_CHARS = 75
_NO_NAME = "(without a name)"
"""Slack refuses a window in which a label is empty."""


def block_of(place: int) -> str:
    """Return the block id of the field at *place*."""
    return f"{_BLOCK}:{place}"


def place_in(block_id: str) -> int | None:
    """Return the place of the field with this block id, or None for another block."""
    name, _, place = block_id.partition(":")
    is_ours = name == _BLOCK and place.isascii() and place.isdecimal() and len(place) < 4
    return int(place) if is_ours else None


def given_in(view: ViewState) -> dict[int, str | None]:
    """Return the text of each field, None for an empty one; exactly as it was typed."""
    given: dict[int, str | None] = {}
    for block_id in view.values:
        place = place_in(block_id)
        if place is not None:
            given[place] = view.held(block_id, VALUE_ACTION)
    return given


def field_input(place: int, field: Field, *, label: str = "", says_yes: bool = False) -> Any:
    """Return the input of *field*, under its name or *label*; *says_yes* to true."""
    return input_block(
        block_of(place),
        label or untrusted(field.name, 600).strip() or _NO_NAME,
        _element(field, says_yes=says_yes),
        hint=_hint(field),
        is_optional=field.may_be_empty,
    )


def choice_label(choice: JsonValue, *, says_yes: bool = False) -> str:
    """Return what people read of *choice*, escaped."""
    if choice is None:
        return "nothing (null)"
    if says_yes and isinstance(choice, bool):
        return "Yes" if choice else "No"
    return untrusted(choice_text(choice), _OPTION_MAX_CHARS)


def _hint(field: Field) -> str:
    described = untrusted(field.description, _HINT_MAX_CHARS).strip()
    parts = [described] if described else []
    if field.kind is FieldKind.JSON:
        parts.append('As JSON: texts stand in "quotes".')
    if field.takes_null:
        parts.append("May be left empty.")
    return " ".join(parts)


def _element(field: Field, *, says_yes: bool) -> dict[str, Any]:
    if field.choices:
        return _choice(field, says_yes=says_yes)
    if field.kind is FieldKind.DATE and _is_date(field.shown):
        return _with_initial({"type": "datepicker"}, "initial_date", field)
    if field.kind in (FieldKind.INTEGER, FieldKind.NUMBER) and "e" not in field.shown:
        is_decimal = field.kind is FieldKind.NUMBER
        drawn = {"type": "number_input", "is_decimal_allowed": is_decimal}
        return _with_initial(drawn, "initial_value", field)
    drawn = {"type": "plain_text_input", "multiline": field.is_long, "max_length": TEXT_MAX_CHARS}
    return _with_initial(drawn, "initial_value", field)


def _with_initial(drawn: dict[str, Any], key: str, field: Field) -> dict[str, Any]:
    return {**drawn, "action_id": VALUE_ACTION} | ({key: field.shown} if field.shown else {})


def _is_date(shown: str) -> bool:
    """Whether a date picker can show it; what is no date yet is put in as a text."""
    try:
        return not shown or date.fromisoformat(shown).isoformat() == shown
    except ValueError:
        return False


def _choice(field: Field, *, says_yes: bool) -> dict[str, Any]:
    options = [
        {"text": plain_text(choice_label(choice, says_yes=says_yes)), "value": str(place)}
        for place, choice in enumerate(field.choices)
    ]
    is_short = field.kind is FieldKind.TRUTH
    drawn: dict[str, Any] = {
        "type": "radio_buttons" if is_short else "static_select",
        "action_id": VALUE_ACTION,
        "options": options,
    }
    if field.shown:
        drawn["initial_option"] = options[int(field.shown)]
    return drawn
