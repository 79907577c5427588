"""What the form looks like in which an approver changes a call's arguments.

A field for each argument that can be changed, drawn from the tool's schema; what cannot is shown
beneath, never cut inside a field. What a field means is `domain/argument_form`'s word.
"""

from datetime import date
from typing import Any

from approvals.domain.argument_form import (
    TEXT_MAX_CHARS,
    ArgumentForm,
    Field,
    FieldKind,
    choice_text,
)
from approvals.domain.display import one_line, shorten
from approvals.domain.terms import EDITOR_MAY_APPROVE
from approvals.operations.open_edit import EditWindow
from approvals.operations.ports import CardContent
from bot.slack.arguments_view import drawn_arguments, excerpt
from bot.slack.escaping import plain_text, untrusted
from bot.slack.form_inputs import input_block
from bot.slack.full_view import place_of, write_place
from bot.slack.rich_text import Element, bold, code, preformatted, rich_text, section

EDIT_FORM = "sayso:edit_form"
VALUE_ACTION = "sayso:edited_value"
_BLOCK = "edit"
_HINT_MAX_CHARS = 300
_OPTION_MAX_CHARS = 75
_NO_NAME = "(without a name)"
"""Slack refuses a window in which a label is empty."""


def edit_form_view(window: EditWindow) -> dict[str, Any]:
    """Return the form as a modal; without anything to change it can only be closed."""
    content, form = window.content, window.form
    request = content.request
    view = {
        "type": "modal",
        "callback_id": EDIT_FORM,
        "title": plain_text("Edit this call"),
        "close": plain_text("Back"),
        "private_metadata": write_place(place_of(content)),
        "blocks": [
            rich_text(f"call:{request.id}", _what_follows(content, form)),
            *(_input(place, field) for place, field in enumerate(form.fields)),
            *_fixed(content, form),
        ],
    }
    return view | ({"submit": plain_text("Save changes")} if form.fields else {})


def block_of(place: int) -> str:
    """Return the block id of the field at *place*."""
    return f"{_BLOCK}:{place}"


def place_in(block_id: str) -> int | None:
    """Return the place of the field with this block id, or None for another block."""
    name, _, place = block_id.partition(":")
    is_ours = name == _BLOCK and place.isascii() and place.isdecimal() and len(place) < 4
    return int(place) if is_ours else None


def _what_follows(content: CardContent, form: ArgumentForm) -> list[Element]:
    request = content.request
    tool = section(bold("Tool "), code(shorten(one_line(request.call.tool), 200)))
    if not form.fields:
        return [tool, section("Nothing of this call can be changed here. Reject it and say why.")]
    alone = request.requirement.terms[EDITOR_MAY_APPROVE]
    who = "" if alone else " Then somebody else than you has to approve it."
    return [
        tool,
        section(
            f"The rules are asked again about what you change, and approvals given so far count "
            f"no more.{who} The agent is told what you changed."
        ),
    ]


def _input(place: int, field: Field) -> dict[str, Any]:
    return input_block(
        block_of(place),
        untrusted(field.name, 600).strip() or _NO_NAME,
        _element(field),
        hint=_hint(field),
        is_optional=field.may_be_empty,
    )


def _hint(field: Field) -> str:
    described = untrusted(field.description, _HINT_MAX_CHARS).strip()
    parts = [described] if described else []
    if field.kind is FieldKind.JSON:
        parts.append('As JSON: texts stand in "quotes".')
    if field.takes_null:
        parts.append("May be left empty.")
    return " ".join(parts)


def _element(field: Field) -> dict[str, Any]:
    if field.choices:
        return _choice(field)
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


def _choice(field: Field) -> dict[str, Any]:
    options = [
        {"text": plain_text(_choice_label(choice)), "value": str(place)}
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


def _choice_label(choice: Any) -> str:
    return "nothing (null)" if choice is None else untrusted(choice_text(choice), _OPTION_MAX_CHARS)


def _fixed(content: CardContent, form: ArgumentForm) -> list[dict[str, Any]]:
    """Show what stays what it is, and why."""
    if not form.fixed:
        return []
    request = content.request
    values = {each.name: request.call.arguments[each.name] for each in form.fixed}
    shown = excerpt(drawn_arguments(values, request.salt))
    lines = [
        section("• ", code(shorten(one_line(each.name), 150)), f": {each.why.value}")
        for each in form.fixed[:40]
    ]
    more = len(form.fixed) - 40
    drawn: list[Element] = [section(bold("Stays as it is")), *lines]
    if more > 0:
        drawn.append(section(f"and {more} more"))
    if shown.text:
        drawn.append(preformatted(shown.text))
    return [rich_text(f"fixed:{request.id}", drawn)]
