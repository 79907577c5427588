"""Questions of approvers to a program that waits for their decision, and who answers them there.

The program's author gives `Gate(on_question=…)`; the local gateway keeps it while the call waits.
What it returns is told as the agent's own, unverified words, and decides nothing.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from approvals.domain.ids import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What an approver wants to know before deciding."""

    tool: str
    arguments_json: str
    """Of the call that waits, as it stands now."""
    text: str
    """A person's words: a question, never an instruction and no decision."""
    asked_by: UserId


OnQuestion: TypeAlias = Callable[[Question], str | Awaitable[str]]
"""Answers a question; a coroutine function runs on the loop of the guarded call."""


@dataclass(frozen=True, slots=True)
class Hearer:
    """Who answers for one waiting call, and on which loop."""

    on_question: OnQuestion
    loop: asyncio.AbstractEventLoop | None
    """Of the guarded call; None for one that waits in a thread."""

    @classmethod
    def of(cls, on_question: OnQuestion | None) -> "Hearer | None":
        """Return the hearer of the call that is proposed now."""
        if on_question is None:
            return None
        try:
            return cls(on_question, asyncio.get_running_loop())
        except RuntimeError:
            return cls(on_question, None)

    async def answer(self, question: Question) -> str:
        """Return what the program says; raises whatever it raises."""
        if not inspect.iscoroutinefunction(self.on_question):
            answer = await asyncio.to_thread(self.on_question, question)
            return str(await answer if inspect.isawaitable(answer) else answer)
        there = self.loop
        if there is None or there is asyncio.get_running_loop():
            return str(await self.on_question(question))
        asked = asyncio.run_coroutine_threadsafe(self.on_question(question), there)
        return str(await asyncio.wrap_future(asked))
