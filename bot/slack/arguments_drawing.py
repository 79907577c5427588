"""One value after the other as lines of text, with the place of each remembered.

Used by `arguments_view`. Texts are quoted, or stand behind a bar on each of their lines; what is
nested is JSON, on one line where it is short and indented where it is not.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from approvals.domain import strict_json
from approvals.domain.display import Visible, visible
from approvals.domain.strict_json import JsonValue

_PLAIN_NAME = re.compile(r"[\w.-]+")
_INLINE_MAX_CHARS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """Where the drawing of some values stands in the text."""

    start: int
    end: int
    count: int


@dataclass(slots=True)
class Drawing:
    """The text while it grows, with the places of its values."""

    pieces: list[str] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    length: int = 0
    hidden: int = 0

    def seen(self, text: str) -> str:
        """Return *text* visible and on one line, its hidden characters counted."""
        return self._visible(text).text.replace("\n", "⟦⏎⟧")

    def name(self, key: str) -> str:
        """Return a parameter's name; quoted unless it is plain, so that no key passes for two."""
        seen = self.seen(key)
        return seen if _PLAIN_NAME.fullmatch(seen) else _quoted(seen)

    def draw(self, label: str, value: JsonValue, *, depth: int, comma: str = "") -> None:
        """Add *value* behind *label*, with everything in it."""
        indent = "  " * depth
        if isinstance(value, dict | list) and value:
            inline = _inline(value)
            if inline is None:
                self._draw_container(indent + label, value, depth=depth, comma=comma)
                return
            self._leaf([f"{indent}{label}{inline}{comma}"], count=_count(value))
        elif isinstance(value, str) and "\n" in value:
            self._draw_lines(indent, label, value)
        else:
            self._leaf([f"{indent}{label}{self._scalar(value)}{comma}"])

    def _draw_container(
        self, start: str, value: dict[str, JsonValue] | list[JsonValue], *, depth: int, comma: str
    ) -> None:
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        self._line(start + opening)
        for position, (label, item) in enumerate(self._labelled(value), start=1):
            self.draw(label, item, depth=depth + 1, comma="," if position < len(value) else "")
        self._line("  " * depth + closing + comma)

    def _labelled(
        self, value: dict[str, JsonValue] | list[JsonValue]
    ) -> Iterable[tuple[str, JsonValue]]:
        if isinstance(value, list):
            return (("", item) for item in value)
        return ((f"{_quoted(self.seen(key))}: ", item) for key, item in value.items())

    def _draw_lines(self, indent: str, label: str, value: str) -> None:
        lines = self._visible(value).text.split("\n")
        self._leaf(
            [f"{indent}{label}text of {value.count(chr(10)) + 1:,} lines"]
            + [f"{indent}  │ {line}" for line in lines]
        )

    def _scalar(self, value: JsonValue) -> str:
        if isinstance(value, str):
            return _quoted(self._visible(value).text)
        return strict_json.write(value)

    def _visible(self, text: str) -> Visible:
        drawn = visible(text)
        self.hidden += drawn.hidden
        return drawn

    def _leaf(self, lines: list[str], *, count: int = 1) -> None:
        start = self.length
        for line in lines:
            self._line(line)
        self.leaves.append(Leaf(start=start, end=self.length - 1, count=count))

    def _line(self, line: str) -> None:
        self.pieces.append(f"{line}\n")
        self.length += len(line) + 1


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _inline(value: JsonValue) -> str | None:
    """Return *value* as one short line of plain JSON, or None when it is longer or not plain."""
    if _count(value, stop_after=_INLINE_MAX_CHARS) > _INLINE_MAX_CHARS // 3:
        return None
    text = json.dumps(value, ensure_ascii=False, default=str)
    plain = len(text) <= _INLINE_MAX_CHARS and text.isprintable() and "\\n" not in text
    return text if plain and visible(text).text == text else None


def _count(value: JsonValue, stop_after: int = strict_json.LEAVES_MAX) -> int:
    """Return how many values *value* holds, counting no further than needed."""
    count, waiting = 0, [value]
    while waiting and count <= stop_after:
        item = waiting.pop()
        below = list(item.values()) if isinstance(item, dict) else item
        if isinstance(below, list) and below:
            waiting.extend(below)
        else:
            count += 1
    return count
