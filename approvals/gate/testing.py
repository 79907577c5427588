"""For your own tests: a gate whose calls are answered by the test, without a gateway or a person.

Nothing of the program changes: ``async with scripted(gate, approved())`` connects it to answers of
yours. It runs what the test approves, so it refuses to start where `SAYSO_URL` names a gateway.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from pydantic_core import to_jsonable_python

from approvals.domain.outcome import OutcomeKind
from approvals.domain.strict_json import JsonValue
from approvals.gate.connecting import Connecting
from approvals.gate.gateway import Gateway
from approvals.gate.opening import OpenGateway
from approvals.gate.refusals import ScriptedGateRefused
from approvals.gate.remote_opening import URL_VARIABLE
from approvals.gate.scripted import Answer, Answers, Asked, NotScripted, Scripted

__all__ = [
    "Answer",
    "Asked",
    "NotScripted",
    "Scripted",
    "ScriptedGateRefused",
    "answered",
    "approved",
    "edited",
    "ended",
    "rejected",
    "scripted",
]


def approved(reason: str | None = None) -> Answer:
    """Let it run as it was asked."""
    return Answer(kind=OutcomeKind.APPROVED, reason=reason)


def answered(answer: Any) -> Answer:
    """Answer `gate.ask` with *answer*: JSON, or a value of the type it asks for.

    Raises:
        ValueError: no JSON can be made of it.
    """
    return Answer(kind=OutcomeKind.APPROVED, answers=True, answer=to_jsonable_python(answer))


def edited(**arguments: JsonValue) -> Answer:
    """Let it run with these *arguments* instead of those of the same name."""
    return Answer(kind=OutcomeKind.APPROVED, arguments=arguments)


def rejected(reason: str | None = None) -> Answer:
    """Say no."""
    return Answer(kind=OutcomeKind.REJECTED, reason=reason)


def ended(kind: OutcomeKind | str, reason: str | None = None) -> Answer:
    """End it in any other way: ``ended("timed_out")``, ``ended("denied")``.

    Raises:
        ValueError: there is no such end.
    """
    return Answer(kind=OutcomeKind(kind), reason=reason)


@dataclass(slots=True)
class _Connected:
    """A gate that is connected to a script for the time of a ``with`` block."""

    gate: Connecting
    script: Scripted
    _before: list[OpenGateway] = field(default_factory=list)

    def __enter__(self) -> Scripted:
        self._install()
        try:
            self.gate.__enter__()
        except BaseException:
            self._restore()
            raise
        return self.script

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.gate.__exit__(kind, error, trace)
        self._restore()

    async def __aenter__(self) -> Scripted:
        self._install()
        try:
            await self.gate.__aenter__()
        except BaseException:
            self._restore()
            raise
        return self.script

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.gate.__aexit__(kind, error, trace)
        self._restore()

    def _install(self) -> None:
        if URL_VARIABLE in os.environ:
            raise ScriptedGateRefused
        self._before.append(self.gate.opening(self._opened))

    def _restore(self) -> None:
        self.gate.opening(self._before.pop())

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Gateway]:
        yield self.script


def scripted(gate: Connecting, answers: Answers) -> _Connected:
    """Connect *gate* to *answers* inside the block, which gets the `Scripted` to look at.

    ``async with``, or ``with`` for code without asyncio. Nobody waits: an answer given by a
    coroutine function is awaited, so a test decides when.

    Args:
        gate: not connected to anything else.
        answers: one for all calls, one for each tool by its name, or a function of the call. A
            call without one raises `NotScripted` and does not run.

    Raises:
        ScriptedGateRefused: on entering, where `SAYSO_URL` is set.
        GatewayRunning: the gate is connected already.
    """
    return _Connected(gate, Scripted(answers))
