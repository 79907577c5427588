"""Values that are their own JSON: a call of nothing else is exact without being written and read.

A text, a whole number, a truth value or null, of the very type its parameter names, passes
validation unchanged and reads back from JSON as itself; none of them can be changed by anyone. So
the body may have it as it is (promise 1 of the design), and its JSON can be written when the audit
event is. Whatever is not surely so goes the whole way through `ToolBinding.freeze` (ADR-0035).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeAlias, TypeVar

from approvals.domain.plain_tool import PlainArguments
from approvals.domain.strict_json import INTEGER_MAX
from approvals.gate.parameters import Parameters

TEXTS_MAX_CHARS = 65_536
"""Of all texts together; far from what canonical JSON may hold, however it is escaped."""
_PLAIN: Mapping[str, type] = {"str": str, "int": int, "bool": bool, "none": type(None)}
_OF_A_FIELD = {"type", "schema", "required", "metadata"}
Place_contra = TypeVar("Place_contra", contravariant=True)
Types: TypeAlias = frozenset[type]
Kinds: TypeAlias = tuple[tuple[str, Types], ...]
Bound: TypeAlias = tuple[tuple[Any, ...], dict[str, Any], PlainArguments]
"""What the body is called with, by position and by name, and the arguments among it."""


class Placed(Protocol[Place_contra]):
    """Values by their place: a tuple by position, a dictionary by name."""

    def __getitem__(self, place: Place_contra, /) -> Any:
        """Return the value at *place*."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainCalls:
    """How plain calls of one tool are bound; worked out once, when the tool is guarded."""

    parameters: Parameters
    kinds: Kinds
    by_position: tuple[tuple[int, Types], ...]
    """The types of a call that gives every argument by position."""
    count_by_position: int
    """How many those are; -1 where a call cannot do so, or gives what is no argument among them."""

    @classmethod
    def of(cls, parameters: Parameters, kinds: Kinds | None) -> Self | None:
        """Return how calls of a tool are bound; None where no call of it is plain."""
        if kinds is None or not parameters.by_name:
            return None
        allowed, names = dict(kinds), parameters.positional
        in_order = len(names) == parameters.count and not parameters.injected
        places = enumerate(names if in_order else ())
        return cls(
            parameters=parameters,
            kinds=kinds,
            by_position=tuple((place, allowed[name]) for place, name in places),
            count_by_position=len(names) if in_order else -1,
        )

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Bound | None:
        """Return what the body is called with; None for a call that is not plain, or is no call.

        What is missing, unknown or given twice, `Parameters.bind` says by name.
        """
        if kwargs or len(args) != self.count_by_position:
            return self._bind_by_name(args, kwargs)
        return (args, kwargs, args) if are_plain(args, self.by_position) else None

    def _bind_by_name(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Bound | None:
        its = self.parameters
        if not kwargs.keys() <= its.keywords:
            return None
        values = {**dict(zip(its.positional, args, strict=False)), **kwargs} if args else kwargs
        if len(values) != len(args) + len(kwargs):
            return None
        if len(values) != its.count:
            values = {**its.defaults, **values}
            if len(values) != its.count:
                return None
        if not are_plain(values, self.kinds):
            return None
        if its.injected:
            return (), values, {name: values[name] for name, _ in self.kinds}
        return (), values, values


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


def _kinds(schema: Mapping[str, Any]) -> Types | None:
    if schema["type"] == "nullable" and set(schema) <= {"type", "schema", "metadata"}:
        inner = _kinds(schema["schema"])
        return None if inner is None else inner | {type(None)}
    kind = _PLAIN.get(schema["type"])
    if kind is None or not set(schema) <= {"type", "metadata"}:
        return None
    return frozenset({kind})


def are_plain(values: Placed[Place_contra], kinds: Iterable[tuple[Place_contra, Types]]) -> bool:
    """Whether all *values* are what *kinds* allows, and nothing that JSON readers disagree about.

    Texts are ASCII without NUL, numbers within 2^53: the rest is for `strict_json` to judge.
    """
    chars = 0
    for place, allowed in kinds:
        value = values[place]
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
