"""Patterns over tool names: `*` stands for any characters, everything else for itself.

Matching is case-sensitive, by code point, and takes linear steps (no regular expressions, so no
pattern can be made to backtrack). Used by rules, `except` and routing, and for agents' names by
the rules about tasks.
"""

import unicodedata
from dataclasses import dataclass

_INVISIBLE_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_UNSUPPORTED = frozenset("?[]{}!,")


def is_plain(name: str) -> bool:
    """Whether *name* reads as what it is: no hidden, blank, combining or full-width characters.

    A name that is not plain could pass for another one on a card, so no `allow` rule covers it.
    """
    return (
        bool(name)
        and name.isprintable()
        and unicodedata.normalize("NFKC", name) == name
        and not any(_is_hidden(char) for char in name)
    )


def _is_hidden(char: str) -> bool:
    return (
        char.isspace()
        or char in _INVISIBLE_LETTERS
        or unicodedata.category(char) in {"Mn", "Me", "Cf"}
    )


@dataclass(frozen=True, slots=True)
class ToolGlob:
    """One pattern, cut at its stars."""

    pattern: str
    _parts: tuple[str, ...]

    @classmethod
    def of(cls, pattern: str) -> "ToolGlob":
        """Read *pattern*.

        Raises:
            ValueError: saying what is wrong with it and what to write instead.
        """
        if not pattern:
            raise ValueError("a pattern is empty – write a name, or * for every name")
        strange = sorted(_UNSUPPORTED & set(pattern))
        if strange:
            raise ValueError(
                f"{pattern!r} holds {strange[0]!r} – only * is special in a pattern; "
                "write several patterns as a list"
            )
        if not is_plain(pattern):
            raise ValueError(
                f"{pattern!a} holds a space or a character that is hidden, combining or "
                "full-width – type the name again by hand"
            )
        return cls(pattern, tuple(pattern.split("*")))

    @property
    def is_name(self) -> bool:
        """Whether this is one exact name."""
        return len(self._parts) == 1

    @property
    def literal_chars(self) -> int:
        """How many characters are fixed; more is more specific."""
        return sum(map(len, self._parts))

    def covers(self, other: "ToolGlob") -> bool:
        """Whether every name *other* matches fits this pattern too.

        A star of *other* stands for a character that no pattern can hold, so only a star fits it.
        """
        return self.matches(other.pattern.replace("*", "\0"))

    def matches(self, name: str) -> bool:
        """Whether the whole of *name* fits."""
        if self.is_name:
            return name == self.pattern
        first, *between, last = self._parts
        if len(name) < len(first) + len(last):
            return False
        if not (name.startswith(first) and name.endswith(last)):
            return False
        at, end = len(first), len(name) - len(last)
        for part in between:
            found = name.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True
