"""Arguments as the text people read: secrets masked, hidden characters visible, nothing left out.

Drawn from the frozen call by cards and by the full view. One line per top-level argument; a text of
several lines stands behind a bar on each line, so that no value can pass for another argument.
What a card cannot hold is cut in the middle and counted; `pages()` of the full view are everything.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from approvals.domain import errors, strict_json
from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.display import Visible, visible
from approvals.domain.redaction import mask_arguments
from approvals.domain.strict_json import JsonValue

CARD_MAX_CHARS = 2_500
CARD_MAX_LINES = 30
PAGE_MAX_CHARS = 8_000
PAGE_MAX_LINES = 250
VIEW_PAGES_MAX = 20
_PLAIN_NAME = re.compile(r"[\w.-]+")
_INLINE_MAX_CHARS = 60
_TAIL_SHARE = 3
"""One third of a cut text is its end, where a dangerous tail would stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """Where the drawing of some values stands in the text."""

    start: int
    end: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgumentsText:
    """All arguments of one call as text."""

    text: str
    leaves: tuple[Leaf, ...]
    hidden_characters: int

    @property
    def sha256(self) -> str:
        """The digest of the whole text, so that a cut card names what it does not show."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def fits_card(self) -> bool:
        """Whether a card shows all of it."""
        return len(self.text) <= CARD_MAX_CHARS and self.text.count("\n") < CARD_MAX_LINES


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """What a card shows of the arguments."""

    text: str
    hidden_chars: int = 0
    hidden_values: int = 0
    """Values of which some or all is not shown."""


def arguments_text(request: ApprovalRequest) -> ArgumentsText:
    """Draw the arguments of *request*; the same request always gives the same text."""
    arguments = mask_arguments(strict_json.read(request.call.arguments_json), request.salt)
    assert isinstance(arguments, dict)
    drawing = _Drawing()
    for name, value in arguments.items():
        drawing.draw(f"{drawing.name(name)}: ", value, depth=0)
    return drawing.finished()


def shows_everything(request: ApprovalRequest, *, view_pages_max: int = VIEW_PAGES_MAX) -> bool:
    """Whether a card of this request shows all of its arguments, so that Approve may decide.

    Raises:
        TooLargeToShow: the full view would need more than *view_pages_max* pages.
    """
    arguments = arguments_text(request)
    needed = len(pages(arguments))
    if needed > view_pages_max:
        raise errors.TooLargeToShow(
            f"Showing these arguments takes {needed} pages, and nobody is asked to read more "
            f"than {view_pages_max}. Send a reference instead of the content."
        )
    return arguments.fits_card


@dataclass(frozen=True, slots=True, kw_only=True)
class CardDisplay:
    """The `Display` port: what cards and the full view can show."""

    view_pages_max: int = VIEW_PAGES_MAX

    def shows_everything(self, request: ApprovalRequest) -> bool:
        """Whether the card shows every argument; raises TooLargeToShow if no view could."""
        return shows_everything(request, view_pages_max=self.view_pages_max)


def excerpt(arguments: ArgumentsText) -> Excerpt:
    """Return what fits a card: everything, or head and tail with the rest counted between."""
    text = arguments.text
    if arguments.fits_card:
        return Excerpt(text=text)
    head = _cut_after(text, CARD_MAX_CHARS * (_TAIL_SHARE - 1) // _TAIL_SHARE, _lines_in("head"))
    tail = len(text) - _cut_after(text[::-1], CARD_MAX_CHARS // _TAIL_SHARE, _lines_in("tail"))
    missing = sum(
        leaf.count for leaf in arguments.leaves if not (leaf.end <= head or leaf.start >= tail)
    )
    gap = f"⟦… {tail - head:,} characters not shown …⟧"
    return Excerpt(
        text=f"{text[:head].removesuffix(chr(10))}\n{gap}\n{text[tail:].removeprefix(chr(10))}",
        hidden_chars=tail - head,
        hidden_values=missing,
    )


def pages(arguments: ArgumentsText) -> tuple[str, ...]:
    """Return the pages of the full view, at least one; joined they are the whole text."""
    found, text = [], arguments.text
    while len(text) > PAGE_MAX_CHARS or text.count("\n") > PAGE_MAX_LINES:
        end = _cut_after(text, PAGE_MAX_CHARS, PAGE_MAX_LINES)
        found.append(text[:end])
        text = text[end:]
    return (*found, text)


def pages_needed(request: ApprovalRequest) -> int:
    """Return how many pages the full view of *request* has."""
    return len(pages(arguments_text(request)))


def _lines_in(part: str) -> int:
    return CARD_MAX_LINES // _TAIL_SHARE * (1 if part == "tail" else _TAIL_SHARE - 1)


def _cut_after(text: str, max_chars: int, max_lines: int) -> int:
    """Return where to cut: within both limits, behind a line's end where one is near."""
    end = min(max_chars, len(text))
    position = -1
    for _ in range(max_lines):
        position = text.find("\n", position + 1, end)
        if position < 0:
            break
    else:
        return position + 1
    near = text.rfind("\n", end - max_chars // 10, end)
    return near + 1 if near >= 0 else end


@dataclass(slots=True)
class _Drawing:
    """The text while it grows, with the places of its values."""

    pieces: list[str] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    length: int = 0
    hidden: int = 0

    def finished(self) -> ArgumentsText:
        return ArgumentsText(
            text="".join(self.pieces).removesuffix("\n"),
            leaves=tuple(self.leaves),
            hidden_characters=self.hidden,
        )

    def seen(self, text: str) -> str:
        """Return *text* visible and on one line, its hidden characters counted."""
        return self._visible(text).text.replace("\n", "⟦⏎⟧")

    def name(self, key: str) -> str:
        """Return a parameter's name; quoted unless it is plain, so that no key passes for two."""
        seen = self.seen(key)
        return seen if _PLAIN_NAME.fullmatch(seen) else _quoted(seen)

    def draw(self, label: str, value: JsonValue, *, depth: int, comma: str = "") -> None:
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
