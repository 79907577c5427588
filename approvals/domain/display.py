"""The visible form of untrusted text: nothing in it hides, turns or scrolls the rest away.

Called before anything an agent or a tool wrote is drawn on a card, in a view or in a terminal. It
changes only what is drawn, never what is digested, stored or executed. What it draws itself stands
in ⟦ ⟧, which are drawn as code points where a text holds them, so no text can imitate it.
Source: Unicode TR36, TR39; the default-ignorable code points of DerivedCoreProperties.
"""

import re
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

SPACES_MAX = 20
BLANK_LINES_MAX = 3
STACKED_MARKS_MAX = 4

_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})
_SEEN = frozenset("\n\t ")
# Assigned as letters, marks or symbols, yet drawn as nothing.
_BLANK = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, 0xFFFC}
    | {*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), 0x16FE4, 0x1D159, 0x1DA9B}
)
_BRACKETS = "⟦⟧"
# From here on nothing is assigned but tags, variation selectors and private use.
_LAST_SWEPT = 0x3FFFF
_SPACE_RUN = re.compile(rf"[ \t]{{{SPACES_MAX + 1},}}")
_BLANK_RUN = re.compile(rf"\n(?:[ \t]*\n){{{BLANK_LINES_MAX + 1},}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visible:
    """A text as it is drawn."""

    text: str
    hidden: int
    """How many characters would have been invisible or have changed the direction."""


def visible(text: str) -> Visible:
    r"""Return *text* with everything invisible drawn as ⟦U+XXXX⟧ and long gaps as ⟦␠×N⟧, ⟦⏎×N⟧.

    Newlines, tabs and single spaces stay. Linear in the length of *text*.

    >>> visible("pay\u202e 10")
    Visible(text='pay⟦U+202E⟧ 10', hidden=1)
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return Visible(text=text, hidden=0)  # most names and values
    hidden = 0

    def draw(found: re.Match[str]) -> str:
        nonlocal hidden
        stacked = found["stacked"]
        if stacked is not None:
            hidden += len(stacked)
            return "".join(map(_code_point, stacked))
        character = found[0]
        hidden += character not in _BRACKETS
        return _code_point(character)

    # ASCII without control characters needs no look at single characters.
    drawn = text
    if not (text.isascii() and text.replace("\n", "").replace("\t", "").isprintable()):
        drawn = _invisible().sub(draw, text)
    drawn = _SPACE_RUN.sub(_spaces, drawn)
    return Visible(text=_BLANK_RUN.sub(_blank_lines, drawn), hidden=hidden)


def one_line(text: str) -> str:
    """Return *text* visible and on one line, for headers, labels and notifications."""
    return visible(text).text.replace("\n", "⏎").replace("\t", " ")


def shorten(text: str, max_chars: int) -> str:
    """Return *text*, or its head and an ellipsis, in at most *max_chars* characters."""
    return text if len(text) <= max_chars else text[: max_chars - 1] + "…"


def is_hidden(character: str) -> bool:
    """Whether *character* is drawn as its code point because nobody could see it."""
    if character in _SEEN:
        return False
    if ord(character) in _BLANK or ord(character) > _LAST_SWEPT:
        return True
    return unicodedata.category(character) in _HIDDEN_CATEGORIES


@cache
def _invisible() -> re.Pattern[str]:
    """Compile once, on first use: hidden characters, brackets, and marks stacked too high."""
    hidden = _char_class(code for code in range(_LAST_SWEPT + 1) if is_hidden(chr(code)))
    beyond = f"{chr(_LAST_SWEPT + 1)}-{chr(sys.maxunicode)}"
    marks = _char_class(
        code
        for code in range(_LAST_SWEPT + 1)
        if unicodedata.category(chr(code)) in ("Mn", "Me") and code not in _BLANK
    )
    stack = f"(?<=[{marks}]{{{STACKED_MARKS_MAX}}})"
    return re.compile(f"[{hidden}{beyond}{_BRACKETS}]|{stack}(?P<stacked>[{marks}]+)")


def _char_class(codes: Iterator[int]) -> str:
    """Return ranges for a regular expression; *codes* ascend."""
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


def _code_point(character: str) -> str:
    return f"⟦U+{ord(character):04X}⟧"


def _spaces(found: re.Match[str]) -> str:
    run = found[0]
    sign = "".join(sign for blank, sign in ((" ", "␠"), ("\t", "⇥")) if blank in run)
    return f"⟦{sign}×{len(run)}⟧"


def _blank_lines(found: re.Match[str]) -> str:
    return f"\n⟦⏎×{found[0].count(chr(10)) - 1}⟧\n"
