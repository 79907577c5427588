"""What people type after a command, split into words: quotes, `key=value`, `--key value`.

Shared by the verbs of `/agent` and of `/approvals`. Pure; nothing here knows a verb.
"""

import re
from dataclasses import dataclass

_QUOTES = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'"}
)
_WORD = re.compile(
    r"""(?P<quoted>"(?P<in_double>[^"]*)"(?!\S)|'(?P<in_single>[^']*)'(?!\S))"""
    r"""|(?P<keyed>[^\s"'=:]+[=:])(?:"(?P<value_double>[^"]*)"|'(?P<value_single>[^']*)')(?!\S)"""
    r"""|(?P<bare>\S+)"""
)
_KEY = re.compile(r"(?:--)?([A-Za-z][A-Za-z0-9_-]{0,31})([=:])(.+)", re.ASCII | re.DOTALL)
_FLAG = re.compile(r"--([A-Za-z][A-Za-z0-9_-]{0,31})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Word:
    """One word, and where it stands in what was typed."""

    text: str
    """Without the quotes around it or its value."""
    start: int
    end: int
    is_quoted: bool
    """It begins with a quote: it is never a key."""


def plain_quotes(typed: str) -> str:
    """Return *typed* with the quotes phones make replaced by plain ones; its length stays."""
    return typed.translate(_QUOTES)


def split(text: str) -> list[Word]:
    """Return the words of *text*."""
    return [_word(match) for match in _WORD.finditer(text)]


def key_of(word: Word) -> tuple[str, str] | None:
    """Return key and value of `key=value`, `key:value` or `--key=value`; None for other words."""
    found = None if word.is_quoted else _KEY.fullmatch(word.text)
    if found is None or (found[2] == ":" and found[3][0] in "/\\:"):
        return None  # `https://x`, `C:\x`, `a::b`
    return found[1], found[3]


def flag_of(word: Word) -> str | None:
    """Return the key of `--key`, whose value is the next word."""
    found = None if word.is_quoted else _FLAG.fullmatch(word.text)
    return found[1] if found else None


def _word(match: re.Match[str]) -> Word:
    bare = match["bare"]
    if match["quoted"] is not None:
        inner = match["in_double"] if match["in_double"] is not None else match["in_single"]
        return Word(text=inner, start=match.start(), end=match.end(), is_quoted=True)
    if bare is not None:
        return Word(text=bare, start=match.start(), end=match.end(), is_quoted=False)
    value = match["value_double"] if match["value_double"] is not None else match["value_single"]
    return Word(text=match["keyed"] + value, start=match.start(), end=match.end(), is_quoted=False)
