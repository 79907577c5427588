"""Reading single fields of a file people write: each takes a node and gives a value or a mistake.

Called by the readers of the policy and of the agents' file. A reader returns None after noting its
mistake, so that the rest of the file is still read and everything wrong with it is told at once.
"""

import difflib
import math
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from approvals.domain.durations import DURATION_MAX, parse_duration
from approvals.storage.mistakes import Mistakes
from approvals.storage.yaml_nodes import Kind, Mapping, Node, Refused, Scalar, Sequence

TEXT_MAX_CHARS = 1_000
WHOLE_MAX_DIGITS = 12
_SILENCE = "approving by silence is not offered – remove it; without an answer a request times out"
_Choice = TypeVar("_Choice", bound=StrEnum)
_Read = TypeVar("_Read")


def fields(
    node: Node, known: Collection[str], mistakes: Mistakes, *, what: str
) -> dict[str, Node] | None:
    """Return the values of a mapping by key; keys outside *known* are mistakes."""
    if not isinstance(node, Mapping):
        _complain(node, mistakes, f"{what} has to be a mapping of {', '.join(sorted(known))}")
        return None
    for key, _ in node.entries:
        if key.value not in known:
            mistakes.add(key, _unknown(key.value, known))
    return {key.value: value for key, value in node.entries if key.value in known}


def named(node: Node | None, mistakes: Mistakes, *, what: str) -> Iterator[tuple[Scalar, Node]]:
    """Yield the entries of a mapping whose keys are names the author chose."""
    if isinstance(node, Mapping):
        for key, value in node.entries:
            if key.kind is Kind.EMPTY or not key.value.strip():
                mistakes.add(key, f"a name in {what} is empty – write NAME: and quote any #")
            else:
                yield key, value
    elif node is not None:
        _complain(node, mistakes, f"{what} has to be a mapping of names")


def listed(node: Node | None, mistakes: Mistakes, *, what: str) -> tuple[Node, ...]:
    """Return the items of a list that may also be left out."""
    if isinstance(node, Sequence):
        return node.items
    if node is not None:
        _complain(node, mistakes, f"{what} has to be a list, each item after a dash")
    return ()


def text(
    node: Node | None, mistakes: Mistakes, *, what: str, longest_chars: int = TEXT_MAX_CHARS
) -> str | None:
    """Return a text that is not blank."""
    if node is None or isinstance(node, Refused):
        return None
    if not isinstance(node, Scalar) or node.kind is Kind.EMPTY:
        _complain(node, mistakes, f"{what} has to be a text")
    elif node.kind is not Kind.TEXT:
        mistakes.add(node, f"{what} is {node.kind.value} here – put it in quotes")
    elif not node.value.strip():
        mistakes.add(node, f"{what} is blank – write something or remove the key")
    elif len(node.value) > longest_chars:
        mistakes.add(node, f"{what} has {len(node.value)} characters – at most {longest_chars}")
    elif _unwritable(node.value):
        mistakes.add(node, f"{what} holds control characters – type it again by hand")
    else:
        return node.value
    return None


def each(
    node: Node | None, read: Callable[[str], _Read], mistakes: Mistakes, *, what: str
) -> tuple[_Read, ...]:
    """Read one text or a list of texts; *read* raises ValueError with the mistake."""
    if node is None or isinstance(node, Refused):
        return ()
    if isinstance(node, Sequence) and not node.items:
        mistakes.add(node, f"{what} is an empty list – name at least one, or remove the key")
    items = node.items if isinstance(node, Sequence) else (node,)
    values = []
    for item in items:
        written = text(item, mistakes, what=what)
        if written is None:
            continue
        try:
            values.append(read(written))
        except ValueError as error:
            mistakes.add(item, str(error))
    return tuple(values)


def one_of_people(people: Collection[str]) -> Callable[[str], str]:
    """Return a reader for `each` of names of people sets, which have to be among *people*."""

    def read_name(written: str) -> str:
        if written in people:
            return written
        names = ", ".join(sorted(people)) or "none yet"
        raise ValueError(
            f"{written!r} is not one of the people named in this file ({names}) – "
            "add it under people"
        )

    return read_name


def choice(
    node: Node | None, options: Collection[_Choice], mistakes: Mistakes, *, what: str
) -> _Choice | None:
    """Return one of a closed set of words."""
    written = text(node, mistakes, what=what)
    for option in options:
        if option.value == written:
            return option
    if node is not None and written is not None:
        words = " or ".join(option.value for option in options)
        mistakes.add(node, f"{what} cannot be {written!r} – write {words}")
    return None


def truth(node: Node | None, mistakes: Mistakes, *, what: str) -> bool | None:
    """Return true or false."""
    if node is None or isinstance(node, Refused):
        return None
    if not isinstance(node, Scalar) or node.kind is not Kind.TRUTH:
        _complain(node, mistakes, f"{what} is true or false")
        return None
    return node.value.lower() == "true"


def duration(
    node: Node | None, mistakes: Mistakes, *, what: str, longest: timedelta = DURATION_MAX
) -> timedelta | None:
    """Return a duration such as ``15m``."""
    if node is None or isinstance(node, Refused):
        return None
    if not isinstance(node, Scalar) or node.kind is Kind.EMPTY:
        _complain(node, mistakes, f"{what} has to be a duration such as 15m")
        return None
    try:
        return parse_duration(node.value, longest=longest)
    except ValueError as error:
        mistakes.add(node, f"{what}: {error}")
        return None


def amount(
    node: Node | None, mistakes: Mistakes, *, what: str, at_least: float = 0
) -> float | None:
    """Return a number that is no less than *at_least*; it may have decimals."""
    if node is None or isinstance(node, Refused):
        return None
    if isinstance(node, Scalar) and node.kind is Kind.NUMBER:
        with suppress(ValueError):
            number = float(node.value)
            if at_least <= number < math.inf:
                return number
    _complain(node, mistakes, f"{what} has to be a number, at least {at_least:g}")
    return None


def whole(node: Node | None, mistakes: Mistakes, *, what: str, at_least: int = 1) -> int | None:
    """Return a whole number that is no less than *at_least*."""
    if node is None or isinstance(node, Refused):
        return None
    if isinstance(node, Scalar) and node.kind is Kind.NUMBER and node.value.isdecimal():
        number = int(node.value[:WHOLE_MAX_DIGITS])
        if len(node.value) <= WHOLE_MAX_DIGITS and number >= at_least:
            return number
    _complain(node, mistakes, f"{what} has to be a whole number, at least {at_least}")
    return None


def check_version(keys: dict[str, Node], mistakes: Mistakes, *, at: Node) -> None:
    """Note a file that does not say ``version: 1``."""
    node = require(keys, "version", mistakes, at=at, why="start the file with version: 1")
    if node is None or isinstance(node, Refused):
        return
    if not (isinstance(node, Scalar) and node.kind is Kind.NUMBER and node.value == "1"):
        mistakes.add(node, "this version of the file format is not known – write version: 1")


def require(
    within: dict[str, Node], key: str, mistakes: Mistakes, *, at: Node, why: str
) -> Node | None:
    """Return the field *key*, or note that it is missing."""
    if key not in within:
        mistakes.add(at, f"{key} is missing – {why}")
    return within.get(key)


def _complain(node: Node, mistakes: Mistakes, text: str) -> None:
    if isinstance(node, Refused):
        return
    empty = isinstance(node, Scalar) and node.kind is Kind.EMPTY
    hint = "it is empty; put values with # in quotes, # starts a comment" if empty else "rewrite it"
    mistakes.add(node, f"{text} – {hint}")


def _unknown(key: str, known: Collection[str]) -> str:
    if key == "on_timeout":
        return f"{key!r}: {_SILENCE}"
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.7)
    remedy = f"did you mean {near[0]!r}?" if near else f"use {', '.join(sorted(known))}"
    return f"{key!r} is not known in this version – {remedy}"


def _unwritable(value: str) -> bool:
    return re.search(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", value) is not None
