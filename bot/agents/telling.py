"""Tells a thread what a task does: one text at a time, and never at the task's expense.

A thread that cannot be told (Slack is down) must not turn a tool that ran into a failure: it is
logged and the task goes on.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.agents.thread import TaskThread

_log = logging.getLogger(__name__)
_STEP_MAX_CHARS = 600
_VALUE_MAX_CHARS = 120


class Telling:
    """One task's words to its thread; parallel tool calls take turns."""

    def __init__(self, thread: TaskThread) -> None:
        self._thread = thread
        self._turn = asyncio.Lock()

    async def step(self, text: str) -> None:
        """Tell one step, cut to a readable length."""
        await self._tell(self._thread.step, _cut(text, _STEP_MAX_CHARS))

    async def answer(self, text: str) -> None:
        """Tell the answer."""
        await self._tell(self._thread.answer, text)

    async def failed(self, text: str) -> None:
        """Tell why there is no answer."""
        await self._tell(self._thread.failed, text)

    async def _tell(self, tell: Callable[[str], Awaitable[None]], text: str) -> None:
        async with self._turn:
            try:
                await tell(text)
            except Exception:
                _log.exception("a task's thread could not be told")


def call_text(tool: str, arguments: Mapping[str, Any]) -> str:
    """A call as a person reads it.

    >>> call_text("ledger_pay", {"to": "acme", "amount_eur": 40})
    'ledger_pay(to=acme, amount_eur=40)'
    """
    pairs = (f"{name}={_value_text(value)}" for name, value in arguments.items())
    return f"{tool}({', '.join(pairs)})"


def _value_text(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return _cut(" ".join(text.split()), _VALUE_MAX_CHARS)


def _cut(text: str, max_chars: int) -> str:
    return text if len(text) <= max_chars else f"{text[:max_chars]} … ({len(text):,} characters)"
