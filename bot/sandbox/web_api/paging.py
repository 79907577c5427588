"""Cursors of the list methods: an opaque text that names where the next page begins."""

import base64
from collections.abc import Sequence
from typing import TypeVar

from bot.sandbox.error_codes import SlackError
from bot.sandbox.nouns import JsonObject
from bot.sandbox.web_api.arguments import Arguments

Item = TypeVar("Item")


def page_of(
    items: Sequence[Item], arguments: Arguments, *, default: int
) -> tuple[Sequence[Item], JsonObject]:
    """One page by `limit` and `cursor`, and its `response_metadata`."""
    start = _start(arguments.text("cursor"), len(items))
    end = start + arguments.limit(default=default)
    cursor = base64.b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
    return items[start:end], {"next_cursor": cursor}


def _start(cursor: str | None, total: int) -> int:
    if cursor is None:
        return 0
    try:
        word, _, number = base64.b64decode(cursor, validate=True).decode().partition(":")
        start = int(number)
    except ValueError as error:
        raise SlackError("invalid_cursor") from error
    if word != "next" or not 0 <= start <= total:
        raise SlackError("invalid_cursor")
    return start
