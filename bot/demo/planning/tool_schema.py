"""The tools a request offers, read from its JSON Schemas into nouns the planner can reason about.

Whatever a schema does not say is unknown here: nothing in this package knows a tool by name.
"""

from dataclasses import dataclass
from typing import Any

from bot.demo.planning.words import content_stems, word_set

READING = word_set(
    "get list read show status describe query look search fetch count check find view log tail "
    "inspect report tell return"
)
_CHANGING = word_set(
    "restart stop start pay send drop delete remove create update set write kill deploy run apply "
    "transfer cancel add put post scale rollback"
)
_REFS_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of an offered tool. `type` is a JSON Schema type or `unknown`."""

    name: str
    type: str
    required: bool
    choices: tuple[str, ...] = ()
    description: str = ""
    items_type: str = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedTool:
    """One tool of the request, with the words it can be recognised by."""

    name: str
    description: str
    parameters: tuple[Parameter, ...]

    @property
    def name_stems(self) -> frozenset[str]:
        """What the tool is called, as stems."""
        return content_stems(self.name)

    @property
    def description_stems(self) -> frozenset[str]:
        """What the first paragraph of its description says, but for `show` and the like."""
        return content_stems(self.description.split("\n\n")[0]) - READING

    @property
    def choice_words(self) -> frozenset[str]:
        """Every value its parameters name, in lower case."""
        return frozenset(c.lower() for p in self.parameters for c in p.choices)

    @property
    def reads(self) -> bool:
        """True when name or first word of the description say that it only looks."""
        if self.name_stems & _CHANGING:
            return False
        first = self.description.split(maxsplit=1)[:1]
        return bool((self.name_stems | content_stems(" ".join(first))) & READING)


def offered_tools(tools: list[dict[str, Any]]) -> tuple[OfferedTool, ...]:
    """Read the `function` objects of a chat request's tools."""
    return tuple(_tool(tool) for tool in tools)


def _tool(function: dict[str, Any]) -> OfferedTool:
    schema = function.get("parameters") or {}
    required = set(schema.get("required") or ())
    properties: dict[str, Any] = schema.get("properties") or {}
    return OfferedTool(
        name=function["name"],
        description=function.get("description") or "",
        parameters=tuple(
            _parameter(name, _resolved(value, schema), required=name in required)
            for name, value in properties.items()
        ),
    )


def _parameter(name: str, schema: dict[str, Any], *, required: bool) -> Parameter:
    values = schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else []
    choices = tuple(v for v in values if isinstance(v, str))
    kind = schema.get("type", "string" if choices else "unknown")
    items = schema.get("items")
    return Parameter(
        name=name,
        type=kind if isinstance(kind, str) and (choices or not values) else "unknown",
        required=required,
        choices=choices,
        description=str(schema.get("description") or ""),
        items_type=str(items.get("type", "unknown")) if isinstance(items, dict) else "unknown",
    )


def _resolved(value: object, root: dict[str, Any]) -> dict[str, Any]:
    """Follow `$ref` into `$defs` and take the one real branch of an optional (`anyOf` null)."""
    schema = value if isinstance(value, dict) else {}
    for _ in range(_REFS_MAX):
        branches = [b for b in schema.get("anyOf") or () if b != {"type": "null"}]
        ref = schema.get("$ref")
        if isinstance(ref, str) and ref.startswith("#/$defs/"):
            schema = (root.get("$defs") or {}).get(ref.removeprefix("#/$defs/")) or {}
        elif branches:
            schema = branches[0] if isinstance(branches[0], dict) else {}
        else:
            break
    return schema
