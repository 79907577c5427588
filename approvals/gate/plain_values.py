"""Values that are their own JSON: a call of nothing else is exact without being written and read.

A text, a whole number, a truth value or null, of the very type its parameter names, passes
validation unchanged and reads back from JSON as itself; none of them can be changed by anyone. So
the body may have it as it is (promise 1 of the design), and its JSON can be written when the audit
event is. Whatever is not surely so goes the whole way through `ToolBinding.freeze` (ADR-0035).
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from approvals.domain.strict_json import INTEGER_MAX

TEXTS_MAX_CHARS = 65_536
"""Of all texts together; far from what canonical JSON may hold, however it is escaped."""
_PLAIN: Mapping[str, type] = {"str": str, "int": int, "bool": bool, "none": type(None)}
_OF_A_FIELD = {"type", "schema", "required", "metadata"}
Kinds: TypeAlias = tuple[tuple[str, frozenset[type]], ...]


def plain_kinds(core_schema: Mapping[str, Any]) -> Kinds | None:
    """Return the types of values that pass each parameter of *core_schema* as they are.

    None where a parameter has a constraint, a validator, a serializer or a type of another kind.
    """
    fields = core_schema.get("fields") if core_schema.get("type") == "typed-dict" else None
    if fields is None or core_schema.get("serialization"):
        return None
    found = []
    for name, each in fields.items():
        kinds = _kinds(each["schema"]) if set(each) <= _OF_A_FIELD and each["required"] else None
        if kinds is None:
            return None
        found.append((name, kinds))
    return tuple(found)


def _kinds(schema: Mapping[str, Any]) -> frozenset[type] | None:
    if schema["type"] == "nullable" and set(schema) <= {"type", "schema", "metadata"}:
        inner = _kinds(schema["schema"])
        return None if inner is None else inner | {type(None)}
    kind = _PLAIN.get(schema["type"])
    if kind is None or not set(schema) <= {"type", "metadata"}:
        return None
    return frozenset({kind})


def are_plain(values: Mapping[str, Any], kinds: Kinds) -> bool:
    """Whether all *values* are what *kinds* allows, and nothing that JSON readers disagree about.

    Texts are ASCII without NUL, numbers within 2^53: the rest is for `strict_json` to judge.
    """
    chars = 0
    for name, allowed in kinds:
        value = values[name]
        kind = type(value)
        if kind not in allowed:
            return False
        if kind is str:
            if not value.isascii() or "\x00" in value:
                return False
            chars += len(value)
        elif kind is int and not -INTEGER_MAX <= value <= INTEGER_MAX:
            return False
    return chars <= TEXTS_MAX_CHARS
