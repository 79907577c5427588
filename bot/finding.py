"""One thing `sayso check` looked at: what it found, or what is wrong and what to do about it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report."""

    what: str
    said: str
    is_note: bool = False
    is_wrong: bool = False
    """A person has to put it right."""
    is_away: bool = False
    """It could not be reached just now; nothing may be set wrongly."""


def note(what: str, said: str) -> Finding:
    """Return what a person should know, although nothing has to be put right."""
    return Finding(what=what, said=said, is_note=True)


def good(what: str, said: str) -> Finding:
    """Return that *what* is as it should be."""
    return Finding(what=what, said=said)


def wrong(what: str, said: str) -> Finding:
    """Return that *what* has to be put right."""
    return Finding(what=what, said=said, is_wrong=True)


def away(what: str, said: str) -> Finding:
    """Return that *what* could not be reached."""
    return Finding(what=what, said=said, is_away=True)
