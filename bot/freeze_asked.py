"""What is typed after `freeze` and `unfreeze`, in Slack and at the console, as plain nouns.

`freeze [CHANNEL|all] [for 2h] REASON`: the first word names what to freeze where it can be a name,
the time stands before the reason or at its end. Pure: no policy, no Slack, no store.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from approvals.domain.durations import parse_duration
from approvals.domain.freeze import ALL, FREEZE_MAX
from approvals.domain.freeze_errors import FreezeMistyped

_ENTITY = re.compile(r"<#([CG][A-Z0-9]{1,30})(?:\|[^>]*)?>", re.ASCII)
_CHANNEL_ID = re.compile(r"[CG](?=[A-Z]*\d)[A-Z0-9]{4,30}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeAsked:
    """One freeze as it was typed."""

    scope: str | None
    """`all`, a channel's id or its name with `#`; None: where it was typed."""
    lasts: timedelta | None
    reason: str


def read_freeze(words: Sequence[str]) -> FreezeAsked:
    """Return what was asked for.

    >>> read_freeze("#ops for 2h bad deploy".split()).reason
    'bad deploy'

    Raises:
        FreezeMistyped: the time cannot be read; the message says why.
    """
    scope, left = _scope(words)
    lasts, left = _lasts(left)
    return FreezeAsked(scope=scope, lasts=lasts, reason=" ".join(left))


def read_unfreeze(words: Sequence[str]) -> str | None:
    """Return the scope to lift; None: where it was typed.

    Raises:
        FreezeMistyped: there is more than a scope, or something that is none.
    """
    scope, left = _scope(words)
    if left:
        raise FreezeMistyped(
            "unfreeze takes a channel, or all, and nothing more. The freeze stands."
        )
    return scope


def _scope(words: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    if not words:
        return None, words
    first = words[0]
    if first.casefold() == ALL:
        return ALL, words[1:]
    if entity := _ENTITY.fullmatch(first):
        return entity[1], words[1:]
    if first.startswith("#") or _CHANNEL_ID.fullmatch(first):
        return first, words[1:]
    return None, words


def _lasts(words: Sequence[str]) -> tuple[timedelta | None, Sequence[str]]:
    if words and words[0].casefold() == "for":
        if len(words) < 2:
            raise FreezeMistyped("Say for how long: for 2h. Nothing was frozen.")
        return _duration(words[1]), words[2:]
    if len(words) > 2 and words[-2].casefold() == "for" and words[-1][:1].isdecimal():
        return _duration(words[-1]), words[:-2]
    return None, words


def _duration(written: str) -> timedelta:
    try:
        return parse_duration(written, longest=FREEZE_MAX)
    except ValueError as mistake:
        raise FreezeMistyped(f"for {written}: {mistake}. Nothing was frozen.") from mistake
