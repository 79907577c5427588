"""YAML text as a tree of nodes that know their line and column, bounded before it is built.

The readers of the policy and of the agents' file walk this tree; nothing is ever constructed from
a tag. Aliases, tags, duplicate keys, a second document, deep nesting and large files are mistakes,
not features: they make a file mean something else than it seems to say.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, TypeAlias

from approvals.storage.mistakes import Mistakes

SIZE_MAX_BYTES = 256 * 1024
DEPTH_MAX = 32
NODES_MAX = 50_000

_NUMBER = re.compile(
    r"[-+]?(?:\d+|0o[0-7]+|0x[0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|\.inf|\.Inf|\.INF)"
    r"|\.nan|\.NaN|\.NAN",
    re.ASCII,
)


class Kind(Enum):
    """What an unquoted scalar is in YAML 1.2; a quoted one is always a text."""

    TEXT = "a text"
    NUMBER = "a number"
    TRUTH = "true or false"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """A single value, as written."""

    value: str
    kind: Kind
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """A list."""

    items: tuple["Node", ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """Keys with their values, in order; no key stands twice."""

    entries: tuple[tuple[Scalar, "Node"], ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Something already reported as a mistake; readers pass over it in silence."""

    line: int
    column: int


Node: TypeAlias = Scalar | Sequence | Mapping | Refused


class _Stop(Exception):
    """Reading on makes no sense; the mistake is noted."""


def read_nodes(raw: bytes, mistakes: Mistakes) -> Node | None:
    """Return the one document in *raw*, or None where there is none to speak of.

    Whatever is wrong is noted in *mistakes*; this never raises for bad input.
    """
    if len(raw) > SIZE_MAX_BYTES:
        mistakes.add_at(1, 1, f"the file is larger than {SIZE_MAX_BYTES // 1024} KiB – shorten it")
        return None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace")
        mistakes.add_at(*_place(before), "not UTF-8 – save the file as UTF-8")
        return None
    try:
        return _Tree(mistakes).read(text)
    except _Stop:
        return None
    except Exception as error:
        mistakes.add_at(*_place_of(error, text), _complaint(error))
        return None


class _Tree:
    """Builds nodes from ruamel's events, which carry the marks."""

    def __init__(self, mistakes: Mistakes) -> None:
        self._mistakes = mistakes
        self._nodes = 0

    def read(self, text: str) -> Node | None:
        events = _events(text)
        root: Node | None = None
        for event in events:
            if type(event).__name__ == "DocumentStartEvent":
                if root is not None:
                    self._mistakes.add_at(*_mark(event), "a second document – keep one per file")
                    raise _Stop
                root = self._node(next(events), events, depth=1)
        if root is None:
            self._mistakes.add_at(1, 1, "the file is empty – start it with version: 1")
        return root

    def _node(self, event: Any, events: Iterator[Any], *, depth: int) -> Node:
        line, column = _mark(event)
        self._bound(line, column, depth=depth)
        name = type(event).__name__
        if name == "AliasEvent":
            self._mistakes.add_at(
                line,
                column,
                "aliases are not used here – write it out, or in quotes if it is a pattern: "
                f'"*{event.anchor}"',
            )
            return Refused(line=line, column=column)
        if getattr(event, "tag", None) not in {None, "!"}:
            self._mistakes.add_at(line, column, "tags (!…) are not used here – remove it")
        if name == "SequenceStartEvent":
            items = tuple(self._items(events, depth=depth))
            return Sequence(items=items, line=line, column=column)
        if name == "MappingStartEvent":
            return Mapping(
                entries=tuple(self._entries(events, depth=depth)), line=line, column=column
            )
        kind = _kind(event.value) if event.implicit[0] else Kind.TEXT
        return Scalar(value=event.value, kind=kind, line=line, column=column)

    def _bound(self, line: int, column: int, *, depth: int) -> None:
        self._nodes += 1
        if depth > DEPTH_MAX:
            self._mistakes.add_at(line, column, f"nested deeper than {DEPTH_MAX} – flatten it")
            raise _Stop
        if self._nodes > NODES_MAX:
            self._mistakes.add_at(line, column, f"more than {NODES_MAX} values – shorten the file")
            raise _Stop

    def _items(self, events: Iterator[Any], *, depth: int) -> Iterator[Node]:
        while type(event := next(events)).__name__ != "SequenceEndEvent":
            yield self._node(event, events, depth=depth + 1)

    def _entries(self, events: Iterator[Any], *, depth: int) -> Iterator[tuple[Scalar, Node]]:
        first_lines: dict[str, int] = {}
        while type(event := next(events)).__name__ != "MappingEndEvent":
            key = self._node(event, events, depth=depth + 1)
            value = self._node(next(events), events, depth=depth + 1)
            if not isinstance(key, Scalar):
                if not isinstance(key, Refused):
                    self._mistakes.add(key, "a key has to be a plain text – write NAME: VALUE")
                continue
            if key.value in first_lines:
                self._mistakes.add(
                    key,
                    f"{key.value!r} stands twice, first in line {first_lines[key.value]} – "
                    "keep one of them",
                )
                continue
            first_lines[key.value] = key.line
            if isinstance(value, Scalar) and value.kind is Kind.EMPTY and not value.value:
                # YAML marks what is not there at the next token; people look at the key.
                value = replace(value, line=key.line, column=key.column)
            yield key, value


def _events(text: str) -> Iterator[Any]:
    # Imported here because an allow-all gate without a file need not pay for it.
    from ruamel.yaml import YAML

    return iter(YAML(typ="safe", pure=True).parse(io.StringIO(text)))


def _kind(value: str) -> Kind:
    if value in {"", "~", "null", "Null", "NULL"}:
        return Kind.EMPTY
    if value.lower() in {"true", "false"}:
        return Kind.TRUTH
    return Kind.NUMBER if _NUMBER.fullmatch(value) else Kind.TEXT


def _mark(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1


def _place(before: str) -> tuple[int, int]:
    """Return the line and column that follow the text *before*."""
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _place_of(error: Exception, text: str) -> tuple[int, int]:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        return mark.line + 1, mark.column + 1
    position = getattr(error, "position", None)
    return _place(text[:position]) if isinstance(position, int) else (1, 1)


def _complaint(error: Exception) -> str:
    problem = str(
        getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
    )
    context = str(getattr(error, "context", None) or "")
    if "alias" in context:
        return 'a value that begins with * needs quotes – write it like "*"'
    if "\\t" in problem:
        return "a tab – indent with spaces"
    return f"not YAML: {problem} – check indentation, quotes and brackets around here"
