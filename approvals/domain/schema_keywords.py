"""The keywords of JSON Schema that are enforced on arguments people change, one function each.

Called by `schema_check`, which follows schemas and keeps the bounds. Each yields, in words that
follow "has to be", why a value does not fit.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Protocol

from pydantic_core import SchemaError, SchemaValidator, ValidationError, core_schema

from approvals.domain import strict_json
from approvals.domain.strict_json import JsonValue

Schema = Any
"""A JSON value that stands where a schema should: an object, true or false, or a mistake."""

_TYPES: Mapping[str, Callable[[JsonValue], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}
_NAMES = {
    "object": "a JSON object",
    "array": "a list",
    "string": "a text",
    "boolean": "true or false",
    "null": "null",
    "integer": "a whole number",
    "number": "a number",
}


class NotUnderstood(Exception):
    """A schema holds what is not checked here."""


def named(said: object) -> Mapping[str, Schema]:
    """Return schemas by name. Raises NotUnderstood."""
    if not isinstance(said, dict):
        raise NotUnderstood("properties that are none")
    return said


def listed(said: object) -> list[Schema]:
    """Return a list. Raises NotUnderstood."""
    if not isinstance(said, list):
        raise NotUnderstood("a list that is none")
    return said


def _number(said: object) -> float:
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise NotUnderstood("a bound that is no number")
    return said


def _is_number(value: JsonValue) -> bool:
    return _TYPES["number"](value)


def date_mistakes(value: str) -> Iterator[str]:
    """Yield why *value* is no date."""
    try:
        date.fromisoformat(value)
    except ValueError:
        yield "a date like 2026-03-02"


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> SchemaValidator:
    """Return a check by an engine whose time is linear in the text, whatever the pattern."""
    return SchemaValidator(core_schema.str_schema(pattern=pattern))


def pattern_of(said: object) -> SchemaValidator:
    """Return the check of a pattern. Raises NotUnderstood for one that its engine does not know."""
    if not isinstance(said, str):
        raise NotUnderstood("a pattern that is no text")
    try:
        return _compiled(said)
    except SchemaError:
        raise NotUnderstood("its pattern") from None


def _same(one: JsonValue, other: JsonValue) -> bool:
    return strict_json.write(one) == strict_json.write(other)


class Reads(Protocol):
    """One bounded look at a schema."""

    def pointed_at(self, reference: object) -> Schema:
        """Return what a local reference points at. Raises NotUnderstood."""
        ...

    def mistakes(self, value: JsonValue, schema: Schema, depth: int) -> Iterator[str]:
        """Yield why *value* does not fit *schema*. Raises NotUnderstood."""
        ...

    def fits(self, value: JsonValue, schema: Schema, depth: int) -> bool:
        """Whether *value* fits *schema*. Raises NotUnderstood."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """One keyword beside one value."""

    reading: Reads
    value: Any
    said: Any
    schema: Mapping[str, Any]
    depth: int


_Check = Callable[[Place], Iterator[str]]


def _type(at: Place) -> Iterator[str]:
    kinds = at.said if isinstance(at.said, list) else [at.said]
    if any(not isinstance(kind, str) or kind not in _TYPES for kind in kinds):
        raise NotUnderstood("its type")
    if not any(_TYPES[kind](at.value) for kind in kinds):
        yield " or ".join(_NAMES[kind] for kind in kinds)


def _enum(at: Place) -> Iterator[str]:
    if not any(_same(at.value, each) for each in listed(at.said)):
        yield "one of the values the tool knows"


def _const(at: Place) -> Iterator[str]:
    if not _same(at.value, at.said):
        yield strict_json.write(at.said)[:100]


def _any_of(at: Place) -> Iterator[str]:
    if not any(at.reading.fits(at.value, each, at.depth) for each in listed(at.said)):
        yield "one of the forms the tool takes"


def _one_of(at: Place) -> Iterator[str]:
    if sum(at.reading.fits(at.value, each, at.depth) for each in listed(at.said)) != 1:
        yield "exactly one of the forms the tool takes"


def _all_of(at: Place) -> Iterator[str]:
    for each in listed(at.said):
        yield from at.reading.mistakes(at.value, each, at.depth)


def _ref(at: Place) -> Iterator[str]:
    yield from at.reading.mistakes(at.value, at.reading.pointed_at(at.said), at.depth)


def _bound(
    is_within: Callable[[float, float], bool], words: str, size: Callable[[Any], float | None]
) -> _Check:
    def check(at: Place) -> Iterator[str]:
        bound, measured = _number(at.said), size(at.value)
        if measured is not None and not is_within(measured, bound):
            yield words.format(bound if isinstance(bound, int) else f"{bound:g}")

    return check


def _as_number(value: Any) -> float | None:
    return value if _is_number(value) else None


def _size_of(kind: type[str | list[Any] | dict[str, Any]]) -> Callable[[Any], float | None]:
    return lambda value: len(value) if isinstance(value, kind) else None


def _multiple(at: Place) -> Iterator[str]:
    step = _number(at.said)
    if step <= 0:
        raise NotUnderstood("its step")
    if _is_number(at.value) and Decimal(str(at.value)) % Decimal(str(step)) != 0:
        yield f"a multiple of {step:g}"


def _matches(at: Place) -> Iterator[str]:
    check = pattern_of(at.said)
    if isinstance(at.value, str):
        try:
            check.validate_python(at.value)
        except ValidationError:
            yield f"a text of the form {at.said[:100]}"


def _items(at: Place) -> Iterator[str]:
    if isinstance(at.value, list):
        first = len(listed(at.schema.get("prefixItems", [])))
        for number, item in enumerate(at.value[first:], start=first + 1):
            for why in at.reading.mistakes(item, at.said, at.depth):
                yield f"a list whose item {number} is {why}"


def _prefix(at: Place) -> Iterator[str]:
    if isinstance(at.value, list):
        for number, (item, each) in enumerate(
            zip(at.value, listed(at.said), strict=False), start=1
        ):
            for why in at.reading.mistakes(item, each, at.depth):
                yield f"a list whose item {number} is {why}"


def _unique(at: Place) -> Iterator[str]:
    if at.said is True and isinstance(at.value, list):
        written = [strict_json.write(each) for each in at.value]
        if len(set(written)) != len(written):
            yield "a list without repetitions"


def _properties(at: Place) -> Iterator[str]:
    if isinstance(at.value, dict):
        for name, each in named(at.said).items():
            if name in at.value:
                for why in at.reading.mistakes(at.value[name], each, at.depth):
                    yield f"an object whose {name} is {why}"


def _required(at: Place) -> Iterator[str]:
    if isinstance(at.value, dict):
        for name in listed(at.said):
            if name not in at.value:
                yield f"an object with {name}"


def _others(at: Place) -> Iterator[str]:
    if isinstance(at.value, dict):
        for name in sorted(at.value.keys() - named(at.schema.get("properties", {})).keys()):
            if not at.reading.fits(at.value[name], at.said, at.depth):
                yield f"an object without {name}" if at.said is False else f"right in {name}"


KEYWORDS: Mapping[str, _Check] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "allOf": _all_of,
    "$ref": _ref,
    "minimum": _bound(lambda is_, bound: is_ >= bound, "at least {}", _as_number),
    "maximum": _bound(lambda is_, bound: is_ <= bound, "at most {}", _as_number),
    "exclusiveMinimum": _bound(lambda is_, bound: is_ > bound, "more than {}", _as_number),
    "exclusiveMaximum": _bound(lambda is_, bound: is_ < bound, "less than {}", _as_number),
    "multipleOf": _multiple,
    "minLength": _bound(lambda is_, bound: is_ >= bound, "{} characters or more", _size_of(str)),
    "maxLength": _bound(lambda is_, bound: is_ <= bound, "{} characters or fewer", _size_of(str)),
    "pattern": _matches,
    "items": _items,
    "prefixItems": _prefix,
    "minItems": _bound(lambda is_, bound: is_ >= bound, "a list of {} or more", _size_of(list)),
    "maxItems": _bound(lambda is_, bound: is_ <= bound, "a list of {} or fewer", _size_of(list)),
    "uniqueItems": _unique,
    "properties": _properties,
    "required": _required,
    "additionalProperties": _others,
    "minProperties": _bound(lambda is_, bound: is_ >= bound, "{} names or more", _size_of(dict)),
    "maxProperties": _bound(lambda is_, bound: is_ <= bound, "{} names or fewer", _size_of(dict)),
}
