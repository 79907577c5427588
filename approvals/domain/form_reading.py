"""A filled-in form read back: texts become values that fit the schema, or a sentence a field.

The other half of `argument_form`; called by `operations/edit_request`, and by `inquiry` for
answers.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from approvals.domain import errors, strict_json
from approvals.domain.argument_form import ArgumentForm, Field, FieldKind
from approvals.domain.edit_errors import InvalidEdit
from approvals.domain.schema_check import mistake
from approvals.domain.schema_keywords import Schema
from approvals.domain.strict_json import JsonValue
from approvals.domain.tool_call import ToolCall

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,15})", re.ASCII)
_PLACE = re.compile(r"[0-9]{1,3}", re.ASCII)
NOTHING_CHANGED = "Nothing is changed yet."


class _Left(Exception):
    """The argument stays away."""


def edited_call(call: ToolCall, form: ArgumentForm, given: Sequence[str | None]) -> ToolCall:
    """Return *call* with the arguments of a filled-in *form*: one text for each field, or None.

    Raises:
        InvalidEdit: ``facts["fields"]`` says what is wrong with which field.
    """
    arguments, wrong = read_form(call.arguments, form, given)
    if wrong:
        raise InvalidEdit(fields=wrong)
    changed = (
        place for place, field in enumerate(form.fields) if not _is_as_it_was(field, given[place])
    )
    return _whole(call, form, arguments, first=next(changed, 0))


def read_form(
    before: Mapping[str, JsonValue], form: ArgumentForm, given: Sequence[str | None]
) -> tuple[dict[str, JsonValue], dict[int, str]]:
    """Return the arguments *before* as a filled-in *form* changes them, and what is wrong with it.

    The second says by the place of a field why its text will not do.
    """
    arguments = dict(before)
    wrong: dict[int, str] = {}
    for place, (field, text) in enumerate(zip(form.fields, given, strict=True)):
        if _is_as_it_was(field, text) and not field.is_wanted:
            continue
        try:
            arguments[field.name] = _value(field, text, form.schema)
        except _Left:
            continue
        except errors.InvalidJson as refusal:
            wrong[place] = refusal.message
        except ValueError as why:
            wrong[place] = str(why)
    return arguments, wrong


def _whole(
    call: ToolCall, form: ArgumentForm, arguments: Mapping[str, JsonValue], *, first: int
) -> ToolCall:
    """Return the call with *arguments*, checked together; *first* is the field changed first."""
    try:
        edited = ToolCall.of(call.tool, call.fingerprint, dict(arguments))
    except errors.InvalidArguments as refusal:
        raise InvalidEdit(fields={first: refusal.message}) from None
    if edited.digest == call.digest:
        raise InvalidEdit(NOTHING_CHANGED, fields={0: NOTHING_CHANGED})
    if why := mistake(edited.arguments, form.schema, form.schema):
        raise InvalidEdit(fields={first: f"All arguments together have to be {why}."})
    return edited


def _is_as_it_was(field: Field, text: str | None) -> bool:
    """Whether nobody touched the field: Slack hands lines and outer spaces back in its own way."""
    return _bare(text or "") == _bare(field.shown)


def _bare(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _value(field: Field, text: str | None, root: Schema) -> JsonValue:
    if not text or (field.kind is not FieldKind.TEXT and not text.strip()):
        value = _empty(field)
    elif field.choices:
        value = _chosen(field, text)
    else:
        value = _typed(field, text.replace("\r\n", "\n"))
    if why := mistake(value, field.schema, root):
        raise ValueError(f"Has to be {why}.")
    return value


def _empty(field: Field) -> JsonValue:
    if not field.is_there and not field.is_wanted:
        raise _Left
    if field.takes_null:
        return None
    if field.is_wanted:
        raise ValueError("Cannot be left empty.")
    if field.kind is FieldKind.TEXT:
        return ""
    raise ValueError("Cannot be left empty.")


def _chosen(field: Field, text: str) -> JsonValue:
    if not _PLACE.fullmatch(text) or int(text) >= len(field.choices):
        raise ValueError("Choose one of the list.")
    return field.choices[int(text)]


def _typed(field: Field, text: str) -> JsonValue:
    match field.kind:
        case FieldKind.INTEGER:
            if not _WHOLE.fullmatch(text.strip()):
                raise ValueError("Has to be a whole number, such as 5.")
            return strict_json.read(text.strip())
        case FieldKind.NUMBER:
            return _number(text.strip())
        case FieldKind.DATE:
            return _date(text.strip())
        case FieldKind.JSON:
            return _json(text)
        case _:
            return text


def _date(text: str) -> JsonValue:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError("Has to be a date, such as 2026-03-02.") from None


def _number(text: str) -> JsonValue:
    try:
        value = strict_json.read(text)
    except errors.IntegerOutOfRange:
        raise
    except errors.InvalidJson:
        value = None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("Has to be a number, such as 2.5.")
    return value


def _json(text: str) -> JsonValue:
    try:
        return strict_json.read(text)
    except errors.InvalidJson as refusal:
        raise ValueError(f'{refusal.message} Texts stand in "quotes".') from None
