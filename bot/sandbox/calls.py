"""The record of Web API calls the local Slack accepted, for tests and for looking at.

Written by the Web API's door, newest last, bounded. Tokens are not kept.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from bot.sandbox.nouns import JsonObject

_KEPT_MAX = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: its method, arguments as received (JSON strings decoded), and Slack's answer.

    `at_s` is the local Slack's clock. `error` is `None` when the answer was `ok: true`;
    `retry_after_s` is what a 429 demanded.
    """

    method: str
    arguments: JsonObject
    at_s: float
    error: str | None = None
    retry_after_s: int | None = None


class Calls:
    """What was called, oldest first; the oldest beyond ten thousand are forgotten."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=_KEPT_MAX)

    def __iter__(self) -> Iterator[Call]:
        return iter(list(self._calls))

    def __len__(self) -> int:
        return len(self._calls)

    def record(self, call: Call) -> None:
        """Remember one call."""
        self._calls.append(call)

    def of(self, method: str) -> list[Call]:
        """The calls of one method, oldest first."""
        return [call for call in self._calls if call.method == method]

    def clear(self) -> None:
        """Forget what was called so far."""
        self._calls.clear()
