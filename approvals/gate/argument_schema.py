"""Types of a tool's parameters, as one validator that reads and writes them as JSON.

Built once, when a tool is guarded. A type that does not survive being written as JSON and read
back is refused here, by name and with its remedy, so that no call can fail for it later.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeAlias, cast, get_args, get_origin

import typing_extensions
from pydantic import ConfigDict, TypeAdapter
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticSerializationError, ValidationError

from approvals.domain import errors
from approvals.domain.strict_json import JsonValue
from approvals.gate.plain_values import plain_kinds

Types: TypeAlias = Mapping[str, Any]
"""Parameter name to annotation, `Annotated` metadata included."""

_CONFIG = ConfigDict(
    title="arguments",
    extra="forbid",
    hide_input_in_errors=True,
)
# Core schema types whose values are used up by reading, cannot be written, or have no order.
_LOSSY = {
    "generator": "an iterator is used up by reading it; take a list",
    "callable": "a function has no JSON form; mark it injected",
    "set": "a set has no order, so its JSON differs from run to run; take a list",
    "frozenset": "a set has no order, so its JSON differs from run to run; take a list",
}
_INJECT = "give it a type that JSON can carry, or mark it injected"


class ArgumentSchema:
    """The JSON side of a tool's parameters."""

    __slots__ = ("_adapter", "dump", "json_schema", "kinds", "read", "validate")

    def __init__(self, tool: str, types: Types, defaults: Mapping[str, Any]) -> None:
        """Compile *types* (name to annotation) and try the *defaults* (name to value).

        Raises:
            UnsupportedTool: naming the parameter that JSON cannot carry, and the remedy.
        """
        for name, annotation in types.items():
            remedy = _objection(name, annotation)
            if not remedy and name in defaults:
                remedy = _default_objection({name: annotation}, {name: defaults[name]})
            if remedy:
                raise errors.UnsupportedTool(
                    f"{tool} cannot be guarded: parameter {name!r}: {remedy}.", parameter=name
                )
        adapter = _adapter(types)
        self._adapter = adapter  # keeps validator and serializer alive
        self.validate = adapter.validator.validate_python
        self.read = adapter.validator.validate_json
        self.dump = adapter.serializer.to_python
        self.json_schema: dict[str, Any] = adapter.json_schema()
        self.kinds = plain_kinds(adapter.core_schema)

    def to_json(self, values: dict[str, Any]) -> dict[str, JsonValue]:
        """Return *values* (validated) as plain JSON values, new containers throughout."""
        dumped: dict[str, JsonValue] = self.dump(
            values, mode="json", by_alias=True, round_trip=True
        )
        return dumped


def mistakes(error: Exception) -> str:
    """Return what pydantic found, as `name: message` for each place, without the values."""
    if isinstance(error, ValidationError):
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return "; ".join(f"{_place(mistake['loc'])}: {mistake['msg']}" for mistake in found[:5])
    if isinstance(error, PydanticSerializationError):
        return "a value cannot be written as JSON"
    return f"{type(error).__name__} while they were checked"


def _place(path: tuple[int | str, ...]) -> str:
    return ".".join(map(str, path)) or "arguments"


def _adapter(types: Types) -> TypeAdapter[Any]:
    arguments = cast("Any", typing_extensions.TypedDict)("arguments", dict(types))
    arguments.__pydantic_config__ = _CONFIG
    return TypeAdapter(arguments)


def _objection(name: str, annotation: Any) -> str | None:
    if _has_alias(annotation):
        return "an alias would show another name than the one that runs; drop the alias"
    try:
        adapter = _adapter({name: annotation})
        lossy = next((_LOSSY[kind] for kind in _kinds(adapter.core_schema) if kind in _LOSSY), None)
        if lossy is not None:
            return lossy
        schema = adapter.json_schema()
    except (PydanticUserError, TypeError, NameError) as error:
        return f"{str(error).splitlines()[0].rstrip('.')}; {_INJECT}"
    formats = {node.get("format") for node in _nodes(schema) if node.get("type") == "string"}
    if "binary" in formats:
        return "raw bytes have no JSON form; annotate them as pydantic.Base64Bytes"
    if "password" in formats or any(hasattr(one, "get_secret_value") for one in _types(annotation)):
        return "a secret is masked when written, so people could not approve what runs; inject it"
    return None


def _default_objection(types: Types, default: dict[str, Any]) -> str | None:
    adapter = _adapter(types)
    try:
        validated = adapter.validate_python(default)
        text = adapter.dump_json(validated, by_alias=True, round_trip=True)
        stable = bool(adapter.validate_json(text) == validated)
    except Exception as error:
        return f"its default does not fit its type ({mistakes(error)}); correct one of them"
    return None if stable else "its default does not survive being written as JSON; change it"


def _has_alias(annotation: Any) -> bool:
    if get_origin(annotation) is not Annotated:
        return False
    fields = (extra for extra in get_args(annotation)[1:] if isinstance(extra, FieldInfo))
    return any(field.alias or field.validation_alias for field in fields)


def _types(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in get_args(annotation):
        yield from _types(inner)


def _nodes(tree: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(tree, Mapping):
        yield tree
        for key, below in tree.items():
            if key not in {"default", "metadata"}:
                yield from _nodes(below)
    elif isinstance(tree, list | tuple):
        for below in tree:
            yield from _nodes(below)


def _kinds(core_schema: Any) -> Iterator[str]:
    return (node["type"] for node in _nodes(core_schema) if isinstance(node.get("type"), str))
