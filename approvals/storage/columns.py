"""How single values are stored: times as text that sorts, lists of texts as JSON.

Used by everything in storage that makes or reads rows.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Protocol

Columns = dict[str, Any]

_COMPACT = json.JSONEncoder(separators=(",", ":"))


class Row(Protocol):
    """A stored row: `sqlite3.Row`, or a dict."""

    def __getitem__(self, column: str, /) -> Any:
        """Return the value of *column*."""
        ...


def time_to_text(at: datetime) -> str:
    """Return 32 characters of UTC that sort as the moments do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def time_from_text(stored: str) -> datetime:
    """Return the aware moment that `time_to_text` wrote."""
    return datetime.fromisoformat(stored)


def json_text(value: Any) -> str:
    """Return plain JSON as it is stored."""
    return _COMPACT.encode(value)


def texts(values: Iterable[str]) -> str:
    """Return texts as JSON."""
    return json_text(list(values))


def texts_from_json(stored: str) -> tuple[str, ...]:
    """Read what `texts` wrote."""
    return () if stored == "[]" else tuple(json.loads(stored))


def optional_text(at: datetime | None) -> str | None:
    """Return `time_to_text`, or None for no moment."""
    return None if at is None else time_to_text(at)


def optional_time(stored: str | None) -> datetime | None:
    """Return `time_from_text`, or None for no moment."""
    return None if stored is None else time_from_text(stored)
