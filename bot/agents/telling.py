"""Tells a thread what a task does: one text at a time, and never at the task's expense.

Tools do not wait until a step is shown, and a thread that cannot be told (Slack is down) must not
turn a tool that ran into a failure: it is logged and the task goes on.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Self, TypeAlias

from bot.agents.thread import TaskThread

_log = logging.getLogger(__name__)
_WAITING_MAX = 100
"""Steps waiting to be told; beyond it tools do wait."""
_Words: TypeAlias = tuple[Callable[[str], Awaitable[None]], str]
_STEP_MAX_CHARS = 600
_VALUE_MAX_CHARS = 120


class Telling:
    """One task's words to its thread, told in order by a task of its own.

    `async with` waits at the end until everything is told; a cancelled task leaves at once.
    """

    def __init__(self, thread: TaskThread) -> None:
        self._thread = thread
        self._waiting: asyncio.Queue[_Words] = asyncio.Queue(_WAITING_MAX)
        self._teller: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._teller = asyncio.create_task(self._tell_all())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        assert self._teller is not None
        try:
            if exc is None:
                await self._waiting.join()
        finally:
            self._teller.cancel()
            await asyncio.gather(self._teller, return_exceptions=True)

    async def step(self, text: str) -> None:
        """Tell one step, cut to a readable length."""
        await self._waiting.put((self._thread.step, _cut(text, _STEP_MAX_CHARS)))

    async def answer(self, text: str) -> None:
        """Tell the answer."""
        await self._waiting.put((self._thread.answer, text))

    async def failed(self, text: str) -> None:
        """Tell why there is no answer."""
        await self._waiting.put((self._thread.failed, text))

    async def _tell_all(self) -> None:
        while True:
            tell, text = await self._waiting.get()
            try:
                await tell(text)
            except Exception:
                _log.exception("a task's thread could not be told")
            finally:
                self._waiting.task_done()


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
