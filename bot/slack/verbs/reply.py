"""What a verb answers: lines in which nothing is parsed, and the same as mrkdwn for where none fit.

Written by the verbs, shown by the command's listener: in the acknowledgement, or afterwards.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from bot.slack.rich_text import Element, as_mrkdwn, joined, rich_text, section

TEXT_MAX_CHARS = 3_000
BLOCKS_MAX_CHARS = 9_000
"""Slack takes ten thousand in a message, and otherwise nothing of it."""

Line: TypeAlias = "Sequence[str | Element]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A private answer."""

    text: str
    """mrkdwn, escaped."""
    blocks: tuple[dict[str, Any], ...] = ()


def told(lines: Iterable[Line]) -> Reply:
    """Return the answer that says *lines*, one below the other, as many as a message holds."""
    drawn = joined(_fitting(list(lines)), "\n")
    text = as_mrkdwn(drawn)
    if len(text) > TEXT_MAX_CHARS:
        text = f"{text[:TEXT_MAX_CHARS].rpartition(chr(10))[0]}\n…"
    return Reply(text=text, blocks=(rich_text("answer", [section(*drawn)]),))


def _fitting(lines: Sequence[Line]) -> list[Line]:
    room, shown = BLOCKS_MAX_CHARS, list[Line]()
    for line in lines:
        room -= len(as_mrkdwn(line)) + 1
        if room < 0:
            return [*shown, [f"… and {len(lines) - len(shown):,} more lines than fit here."]]
        shown.append(line)
    return shown
