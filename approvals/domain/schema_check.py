"""Whether a JSON value fits a JSON schema: strict, bounded, and saying why not.

Used for the arguments people change. Schemas come from tools, some of them from other companies'
servers: a keyword that is not enforced here is *not understood*, which makes the argument one that
cannot be changed. Source: JSON Schema 2020-12, its validation and applicator vocabularies.
"""

from collections.abc import Iterator, Mapping

from approvals.domain.schema_keywords import (
    KEYWORDS,
    NotUnderstood,
    Place,
    Schema,
    date_mistakes,
    listed,
    named,
    pattern_of,
)
from approvals.domain.strict_json import JsonValue

_BROKEN = (NotUnderstood, TypeError, ValueError, ArithmeticError)
"""What a schema that means nothing can lead to; none of it may end in an edit."""
STEPS_MAX = 20_000
"""How many schemas may be looked at for one value: more than any form needs."""
DEPTH_MAX = 100
SAYS_NOTHING = frozenset(
    {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"}
    | {"$comment", "$schema", "$id", "$defs", "definitions", "discriminator", "format"}
    | {"contentEncoding", "contentMediaType", "contentSchema"}
)


def mistake(value: JsonValue, schema: Schema, root: Schema) -> str | None:
    """Return why *value* does not fit *schema*, in words that follow "has to be", or None.

    *root* is what local references point into. A schema that is not understood fits nothing.
    """
    try:
        return next(Reading(root).mistakes(value, schema, 0), None)
    except _BROKEN as unknown:
        return f"something this gateway can check ({unknown})"


def not_understood(schema: Schema, root: Schema) -> str | None:
    """Return what of *schema*, or within it, cannot be checked here; None if all can."""
    try:
        Reading(root).look_through(schema)
    except _BROKEN as unknown:
        return str(unknown)
    return None


class Reading:
    """One look at a schema, bounded."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._steps = 0

    def pointed_at(self, reference: object) -> Schema:
        """Return what a local reference points at."""
        if not isinstance(reference, str) or not (reference + "/").startswith("#/"):
            raise NotUnderstood("a reference to another document")
        found = self._root
        for step in reference.removeprefix("#").split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(found, dict) or name not in found:
                raise NotUnderstood("a reference to nothing")
            found = found[name]
        return found

    def look_through(self, schema: Schema) -> None:
        """Raise NotUnderstood for the first keyword that `mistakes` would not enforce."""
        waiting, seen = [schema], set[int]()
        while waiting:
            self._step()
            each = waiting.pop()
            if isinstance(each, bool) or id(each) in seen:
                continue
            if not isinstance(each, dict):
                raise NotUnderstood("a schema that is none")
            seen.add(id(each))
            if "$id" in each and each is not self._root:
                raise NotUnderstood("a document within the document")
            if unknown := sorted(each.keys() - SAYS_NOTHING - KEYWORDS.keys()):
                raise NotUnderstood(unknown[0])
            if "pattern" in each:
                pattern_of(each["pattern"])
            waiting.extend(self._within(each))

    def _within(self, schema: Mapping[str, Schema]) -> Iterator[Schema]:
        for keyword in ("items", "additionalProperties"):
            if keyword in schema:
                yield schema[keyword]
        for keyword in ("anyOf", "oneOf", "allOf", "prefixItems"):
            yield from listed(schema.get(keyword, []))
        yield from named(schema.get("properties", {})).values()
        if "$ref" in schema:
            yield self.pointed_at(schema["$ref"])

    def mistakes(self, value: JsonValue, schema: Schema, depth: int) -> Iterator[str]:
        """Yield why *value* does not fit *schema*."""
        self._step()
        if depth > DEPTH_MAX:
            raise NotUnderstood("a schema that never ends")
        if isinstance(schema, bool):
            if not schema:
                yield "left out"
            return
        if not isinstance(schema, dict):
            raise NotUnderstood("a schema that is none")
        for keyword, said in schema.items():
            if keyword in SAYS_NOTHING:
                if keyword == "format" and said == "date" and isinstance(value, str):
                    yield from date_mistakes(value)
                continue
            check = KEYWORDS.get(keyword)
            if check is None:
                raise NotUnderstood(keyword)
            yield from check(Place(self, value, said, schema, depth + 1))

    def fits(self, value: JsonValue, schema: Schema, depth: int) -> bool:
        """Whether *value* fits *schema*."""
        return next(self.mistakes(value, schema, depth), None) is None

    def _step(self) -> None:
        self._steps += 1
        if self._steps > STEPS_MAX:
            raise NotUnderstood("a schema too large to follow")
