"""The visible form of untrusted text: nothing in it hides, turns or scrolls the rest away.

Called before anything an agent or a tool wrote is drawn on a card, in a view or in a terminal. It
changes only what is drawn, never what is digested, stored or executed. What it draws itself stands
in ⟦ ⟧, which are drawn as code points where a text holds them, so no text can imitate it.
Source: Unicode TR36, TR39; the default-ignorable code points of DerivedCoreProperties.
"""

import re
import string
import unicodedata
from dataclasses import dataclass
from itertools import groupby

SPACES_MAX = 20
BLANK_LINES_MAX = 3
STACKED_MARKS_MAX = 4

_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})
_SEEN = frozenset("\n\t ")
_PLAIN = _SEEN.union(string.ascii_letters, string.digits, string.punctuation)
_MARKS = frozenset({"Mn", "Me"})
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
    drawn, hidden = text, 0
    # Few different characters make up a text, however long it is.
    strange = set(text).difference(_PLAIN)
    if strange:
        drawn, hidden = _unhidden(text, strange)
        drawn, stacked = _unstacked(drawn, {each for each in strange if _is_mark(each)})
        hidden += stacked
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


def _is_mark(character: str) -> bool:
    """Whether *character* is drawn above or below the one before it."""
    return unicodedata.category(character) in _MARKS and ord(character) not in _BLANK


def _unhidden(text: str, strange: set[str]) -> tuple[str, int]:
    """Draw the hidden among *strange* as code points; return how many stood in *text*."""
    hidden = {each for each in strange if is_hidden(each)}
    drawn = {ord(each): _code_point(each) for each in hidden.union(strange.intersection(_BRACKETS))}
    if not drawn:
        return text, 0
    seen = text.translate(dict.fromkeys(map(ord, hidden)))
    return text.translate(drawn), len(text) - len(seen)


def _unstacked(text: str, marks: set[str]) -> tuple[str, int]:
    """Draw *marks* stacked too high as code points; return how many there were."""
    if not marks:
        return text, 0
    drawn, count = [], 0
    for is_mark, run in groupby(text, marks.__contains__):
        together = "".join(run)
        if is_mark:
            high = together[STACKED_MARKS_MAX:]
            together = together[:STACKED_MARKS_MAX] + "".join(map(_code_point, high))
            count += len(high)
        drawn.append(together)
    return "".join(drawn), count


def _code_point(character: str) -> str:
    return f"⟦U+{ord(character):04X}⟧"


def _spaces(found: re.Match[str]) -> str:
    run = found[0]
    sign = "".join(sign for blank, sign in ((" ", "␠"), ("\t", "⇥")) if blank in run)
    return f"⟦{sign}×{len(run)}⟧"


def _blank_lines(found: re.Match[str]) -> str:
    return f"\n⟦⏎×{found[0].count(chr(10)) - 1}⟧\n"
