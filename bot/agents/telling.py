"""Tells a thread what a run does: one text at a time, and never at the run's expense.

Tools do not wait until a step is shown, and a thread that cannot be told (Slack is down) must not
turn a tool that ran into a failure: it is logged and the run goes on. Secrets are masked here as
on the card, before anything is cut; the model gets what the tools said.
"""

import asyncio
import json
import logging
import secrets
import traceback
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any, Self, TypeAlias

from approvals.domain.redaction import mask_arguments, mask_text, mask_words
from bot.agents.thread import TaskThread

_log = logging.getLogger(__name__)
_WAITING_MAX = 100
"""Steps waiting to be told; beyond it tools do wait."""
_Words: TypeAlias = tuple[Callable[[str], Awaitable[None]], str]
_ALL_TOLD_WITHIN_S = 10.0
"""A run that pauses or ends does not wait longer for its thread."""
_STEP_MAX_CHARS = 600
_VALUE_MAX_CHARS = 120
_READ_MAX_CHARS = 256 * 1024
"""Far more than a thread shows, so that a secret is masked whole before the text is cut."""


class Telling:
    """One run's words to its thread, told in order by a task of its own.

    `async with` waits at the end until everything is told; a cancelled run leaves at once.
    """

    def __init__(self, thread: TaskThread) -> None:
        self._thread = thread
        self._waiting: asyncio.Queue[_Words] = asyncio.Queue(_WAITING_MAX)
        self._teller: asyncio.Task[None] | None = None
        self._salt = secrets.token_hex(16)
        """The same secret looks the same inside this run's stretch and nowhere else."""

    async def __aenter__(self) -> Self:
        self._teller = asyncio.create_task(self._tell_all())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        assert self._teller is not None
        try:
            if exc is None:
                async with asyncio.timeout(_ALL_TOLD_WITHIN_S):
                    await self._waiting.join()
        except TimeoutError:
            _log.warning("a run's thread is too slow: %d steps are not told", self._waiting.qsize())
        finally:
            self._teller.cancel()
            await asyncio.gather(self._teller, return_exceptions=True)

    async def step(self, text: str) -> None:
        """Tell one step, cut to a readable length."""
        await self._tell_step(self._masked(text))

    async def calling(
        self, tool: str, arguments: Mapping[str, Any], *, hides: bool = False
    ) -> None:
        """Tell that a call starts; *hides* its arguments where they are private."""
        if hides:
            await self._tell_step(f"Calling {mask_text(tool, self._salt)} (private)")
            return
        await self._tell_step(f"Calling {call_text(tool, arguments, self._salt)}")

    async def called(self, tool: str, said: str, *, succeeded: bool, hides: bool = False) -> None:
        """Tell how a call ended and what the tool *said*, unless that is private."""
        verb = "returned" if succeeded else "did not succeed"
        if hides:
            await self._tell_step(f"{mask_text(tool, self._salt)} {verb} (private)")
            return
        await self._tell_step(
            f"{mask_text(tool, self._salt)} {verb}: {self._masked(said) or 'nothing'}"
        )

    async def interrupted(self, tool: str) -> None:
        """Tell that a call was cut off by the end of the process that ran it."""
        await self._tell_step(
            f"{mask_text(tool, self._salt)} was interrupted: nobody knows whether it happened. "
            "Somebody has to look and say what became of it; its card asks."
        )

    async def _tell_step(self, masked: str) -> None:
        await self._waiting.put((self._thread.step, _cut(masked, _STEP_MAX_CHARS)))

    def _masked(self, text: str) -> str:
        return mask_words(text[:_READ_MAX_CHARS], self._salt)

    async def _tell_all(self) -> None:
        while True:
            tell, text = await self._waiting.get()
            try:
                await tell(text)
            except Exception:
                _log.exception("a run's thread could not be told")
            finally:
                self._waiting.task_done()


def call_text(tool: str, arguments: Mapping[str, Any], salt: str) -> str:
    """A call as a person reads it, its secrets as marks keyed by *salt*.

    >>> call_text("ledger_pay", {"to": "acme", "amount_eur": 40}, "salt")
    'ledger_pay(to=acme, amount_eur=40)'
    """
    masked = mask_arguments(dict(arguments), salt)
    assert isinstance(masked, dict)
    pairs = (f"{name}={_value_text(value)}" for name, value in masked.items())
    return f"{mask_text(tool, salt)}({', '.join(pairs)})"


def for_the_log(what: BaseException | str) -> str:
    """Return a text, or an error's traceback, for the log; tools name their secrets in errors."""
    text = what if isinstance(what, str) else "".join(traceback.format_exception(what))
    return mask_text(text[-_READ_MAX_CHARS:], secrets.token_hex(16))


def _value_text(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return _cut(" ".join(text.split()), _VALUE_MAX_CHARS)


def _cut(text: str, max_chars: int) -> str:
    return text if len(text) <= max_chars else f"{text[:max_chars]} … ({len(text):,} characters)"
