"""The form in which people change a call's arguments: drawn from its schema, read back strictly.

Doors draw the fields and hand back texts; what they mean is decided here. A field that was left as
it was keeps its exact value. What a form cannot carry whole, and what may not be seen, is fixed: it
is named, never cut. Source: Slack's limits for windows, which are the narrowest of all doors.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from approvals.domain import strict_json
from approvals.domain.display import visible
from approvals.domain.redaction import mask_arguments
from approvals.domain.schema_check import not_understood
from approvals.domain.schema_keywords import Schema
from approvals.domain.strict_json import JsonValue
from approvals.domain.tool_call import ToolCall
from approvals.domain.tool_schema import without_null

FIELDS_MAX = 60
TEXT_MAX_CHARS = 3_000
ALL_TEXT_MAX_CHARS = 6_000
"""Of all fields together: names, descriptions, choices and what is filled in."""
DESCRIPTION_MAX_CHARS = 200
CHOICES_MAX = 100
CHOICE_MAX_CHARS = 75
NAME_MAX_CHARS = 150
LONG_TEXT_CHARS = 60
"""From here on a text gets a field of several lines."""


class FieldKind(StrEnum):
    """How a value is put in."""

    CHOICE = "choice"
    TRUTH = "truth"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"
    JSON = "json"


class Why(StrEnum):
    """Why an argument cannot be changed in a form."""

    MASKED = "a secret"
    LONG = "too long to be changed here"
    HIDDEN = "holds hidden characters"
    SCHEMA = "its schema cannot be checked here"
    ROOM = "no room left in this window"


_COMBINING = {"anyOf", "oneOf", "allOf", "$ref"}
_KINDS = {
    "boolean": FieldKind.TRUTH,
    "integer": FieldKind.INTEGER,
    "number": FieldKind.NUMBER,
    "string": FieldKind.TEXT,
}
_FITTING: Mapping[FieldKind, tuple[type, ...]] = {
    FieldKind.TRUTH: (bool,),
    FieldKind.INTEGER: (int,),
    FieldKind.NUMBER: (int, float),
    FieldKind.TEXT: (str,),
    FieldKind.JSON: (object,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One argument that can be changed."""

    name: str
    kind: FieldKind
    schema: Schema
    """Of the argument as a whole, null included."""
    value: JsonValue = None
    is_there: bool = True
    """Whether the call has the argument; one that is left empty stays away."""
    takes_null: bool = False
    is_wanted: bool = False
    """Whether the schema requires it where the call has it not: then it has to be filled in."""
    choices: tuple[JsonValue, ...] = ()
    shown: str = ""
    """What the field holds when it is opened; of a choice its place among the choices."""

    @property
    def may_be_empty(self) -> bool:
        """Whether an empty field means something."""
        if self.is_wanted:
            return self.takes_null
        return self.takes_null or not self.is_there or self.kind is FieldKind.TEXT

    @property
    def description(self) -> str:
        """What the schema says of it; written by the tool's author, cut."""
        said = self.schema.get("description") if isinstance(self.schema, dict) else None
        return said.strip()[:DESCRIPTION_MAX_CHARS] if isinstance(said, str) else ""

    @property
    def length(self) -> int:
        """How much room it takes in a window, in characters."""
        choices = sum(len(choice_text(each)) for each in self.choices)
        return len(self.name) + len(self.description) + choices + len(self.shown)

    @property
    def is_long(self) -> bool:
        """Whether the text wants several lines."""
        is_json = self.kind is FieldKind.JSON
        return is_json or "\n" in self.shown or len(self.shown) > LONG_TEXT_CHARS


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """One argument that stays what it is."""

    name: str
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentForm:
    """All arguments of one call, as a form."""

    fields: tuple[Field, ...]
    fixed: tuple[Fixed, ...]
    schema: Schema


def argument_form(call: ToolCall, schema: Schema, salt: str) -> ArgumentForm:
    """Return the form for *call* by the tool's *schema*; *salt* is the request's."""
    arguments: dict[str, JsonValue] = json.loads(call.arguments_json)
    if not _is_clear(schema):
        fixed = (Fixed(name=name, why=Why.SCHEMA) for name in arguments)
        return ArgumentForm(fields=(), fixed=tuple(fixed), schema=schema)
    named = schema.get("properties", {})
    names = [*arguments, *(name for name in sorted(named) if name not in arguments)]
    fields: list[Field] = []
    left: list[Fixed] = []
    room = ALL_TEXT_MAX_CHARS
    for name in names:
        made = _field(name, arguments, schema, salt)
        if isinstance(made, Field) and (len(fields) == FIELDS_MAX or made.length > room):
            made = Fixed(name=name, why=Why.ROOM)
        if isinstance(made, Field):
            fields.append(made)
            room -= made.length
        elif name in arguments:
            left.append(made)
    return ArgumentForm(fields=tuple(fields), fixed=tuple(left), schema=schema)


def _is_clear(schema: Schema) -> bool:
    """Whether everything the schema says of the arguments together is checked here."""
    if not isinstance(schema, dict) or not isinstance(schema.get("properties", {}), dict):
        return False
    together = {key: said for key, said in schema.items() if key != "properties"}
    return not_understood(together, schema) is None


def _field(name: str, arguments: Mapping[str, JsonValue], root: Schema, salt: str) -> Field | Fixed:
    is_there, value = name in arguments, arguments.get(name)
    schema = root["properties"].get(name, {}) if "properties" in root else {}
    if not_understood(schema, root):
        return Fixed(name=name, why=Why.SCHEMA)
    if mask_arguments({name: value}, salt) != {name: value}:
        return Fixed(name=name, why=Why.MASKED)
    plain, takes_null = without_null(schema, root)
    made = _drawn(
        Field(
            name=name,
            kind=_kind(plain, value),
            schema=schema,
            value=value,
            is_there=is_there,
            takes_null=takes_null,
            is_wanted=not is_there and _requires(root, name),
        ),
        plain,
    )
    if len(made.shown) > TEXT_MAX_CHARS or len(name) > NAME_MAX_CHARS:
        return Fixed(name=name, why=Why.LONG)
    if visible(made.shown).hidden or visible(name).hidden:
        return Fixed(name=name, why=Why.HIDDEN)
    return made


def _requires(schema: Mapping[str, Any], name: str) -> bool:
    required = schema.get("required")
    return isinstance(required, list) and name in required


def _kind(schema: Schema, value: JsonValue) -> FieldKind:
    if not isinstance(schema, dict):
        return FieldKind.JSON
    if _choices(schema):
        return FieldKind.CHOICE
    said = schema.get("type")
    if said is None and isinstance(value, str) and not schema.keys() & _COMBINING:
        return FieldKind.TEXT
    kind = _KINDS.get(said, FieldKind.JSON) if isinstance(said, str) else FieldKind.JSON
    if not (value is None or isinstance(value, _FITTING[kind])):
        return FieldKind.JSON
    is_date = kind is FieldKind.TEXT and schema.get("format") == "date"
    return FieldKind.DATE if is_date else kind


def _choices(schema: Mapping[str, Any]) -> tuple[JsonValue, ...]:
    listed = schema.get("enum")
    if not isinstance(listed, list) or not 0 < len(listed) < CHOICES_MAX:
        return ()
    if any(isinstance(each, dict | list) or _is_long(each) for each in listed):
        return ()
    return tuple(listed)


def _is_long(choice: JsonValue) -> bool:
    text = choice_text(choice)
    return not text.strip() or len(text) > CHOICE_MAX_CHARS or visible(text).hidden > 0


def choice_text(choice: JsonValue) -> str:
    """Return a choice as people read it."""
    return choice if isinstance(choice, str) else strict_json.write(choice)


def _drawn(field: Field, schema: Schema) -> Field:
    """Return *field* with its choices, and what it shows."""
    choices = field.choices
    if field.kind is FieldKind.TRUTH:
        choices = (True, False)
    elif field.kind is FieldKind.CHOICE:
        choices = _choices(schema)
    if choices and field.takes_null and None not in choices:
        choices = (*choices, None)
    shown = _shown(field, choices) if field.is_there else ""
    return replace(field, choices=choices, shown=shown)


def _shown(field: Field, choices: tuple[JsonValue, ...]) -> str:
    value = field.value
    if choices:
        written = [strict_json.write(each) for each in choices]
        here = strict_json.write(value)
        return str(written.index(here)) if here in written else ""
    if field.kind is FieldKind.JSON:
        return json.dumps(value, ensure_ascii=False, indent=2)
    if value is None:
        return ""
    return value if isinstance(value, str) else strict_json.write(value)
