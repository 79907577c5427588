"""Running an approved body and telling the gateway how it ended.

Called by guarded functions once they hold a clearance. The body gets freshly parsed arguments;
whatever it returns or raises reaches the caller untouched (cases D9, F16, F17).
"""

import asyncio
import contextlib
import inspect
import json
import reprlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from approvals.domain import errors
from approvals.domain.durations import format_duration
from approvals.gate.binding import ToolBinding
from approvals.gate.connection import Connection
from approvals.gate.context import current, inside_body
from approvals.gate.deadline import Ended, begun, stop, to_its_end
from approvals.gate.exceptions import CallPaused, EndUnknown, TookTooLong
from approvals.gate.gateway import Clearance
from approvals.gate.own_thread import in_own_thread

RESULT_MAX_CHARS = 10_000
_short = reprlib.Repr()
_short.maxlevel, _short.maxdict, _short.maxlist, _short.maxtuple = 6, 100, 100, 100
_short.maxset, _short.maxstring, _short.maxother = 100, RESULT_MAX_CHARS, RESULT_MAX_CHARS


@dataclass(slots=True, kw_only=True)
class Execution:
    """One cleared call, about to run."""

    binding: ToolBinding
    connection: Connection
    clearance: Clearance
    digest: str
    """Of what was asked; compared with what was cleared just before the body runs."""
    given: dict[str, Any] | None
    pauses: bool = False
    """Whether its run waits until people say what became of it, where its end is unknown."""
    is_idempotent: bool = False
    _stopped: TookTooLong | None = field(init=False, default=None)
    """Why the body was told to stop; whatever it raises then comes of that."""
    _has_ended: bool = field(init=False, default=False)
    _is_left: bool = field(init=False, default=False)
    """Whether nobody waits for the body any more."""

    async def run(self, body: Callable[..., Awaitable[Any]], *, stops: bool = True) -> Any:
        """Await *body* with the approved arguments, for as long as the context says, and report.

        At its deadline a body that *stops* is told to; whatever it does then, nobody waits for it.

        Raises:
            CallPaused: nobody knows how it ended, and its run can wait for somebody who does.
            TookTooLong: it had not ended at its deadline.
        """
        within = current().body_within
        if within is None:
            return await self._to_its_report(body)
        running = begun(to_its_end(self._to_its_report(body)))
        try:
            await asyncio.wait({running}, timeout=within.total_seconds())
        except asyncio.CancelledError:
            if stops:
                await stop(running)
            raise
        if not self._has_ended:
            await self._late(running, within, stops=stops)
        return (await running).told()

    async def _to_its_report(self, body: Callable[..., Awaitable[Any]]) -> Any:
        try:
            args, kwargs = self._thaw()
            with inside_body():
                result = await body(*args, **kwargs)
        except BaseException as error:
            self._has_ended = True
            await self._report_failure(error)
            self._pause_if_unknown(error)
            raise
        self._has_ended = True
        await self.connection.report(self.clearance, succeeded=True, result=result_text(result))
        return result

    async def _report_failure(self, error: BaseException) -> None:
        if self._stopped is not None:
            error = self._stopped
        if self._is_left and self._is_unknown(error):
            return  # it is told already
        was_cancelled = isinstance(error, asyncio.CancelledError)
        await self.connection.report(
            self.clearance,
            succeeded=False,
            result=failure_text(error),
            was_cancelled=was_cancelled,
            # A run that is cancelled stops its bodies wherever they are.
            is_unknown=self._is_unknown(error) or (was_cancelled and self.pauses),
        )

    async def _late(self, running: asyncio.Task[Ended], within: timedelta, *, stops: bool) -> None:
        """Let the body go, unless it ends with a result when it is told to stop.

        Raises:
            CallPaused, TookTooLong
        """
        doing = "It was told to stop." if stops else "It cannot be stopped, and may go on."
        late = TookTooLong(f"No result within {format_duration(within)}. {doing}")
        if stops:
            self._stopped = late
            await stop(running)
        if running.done() and not running.cancelled() and running.result().error is None:
            return
        self._is_left = True
        if not self._has_ended and not self.is_idempotent:
            await self.connection.report(
                self.clearance, succeeded=False, result=failure_text(late), is_unknown=True
            )
        self._pause_if_unknown(late)
        raise late

    async def run_in_thread(self, body: Callable[..., Any]) -> Any:
        """Run a sync *body* off the loop, and report.

        A cancelled caller leaves; the thread cannot be stopped, so its true end is still reported.
        """

        async def in_thread(*args: Any, **kwargs: Any) -> Any:
            return _finished(await in_own_thread(body, *args, **kwargs))

        running = begun(to_its_end(self.run(in_thread, stops=False)))
        return (await asyncio.shield(running)).told()

    def run_here(self, body: Callable[..., Any]) -> Any:
        """Run a sync *body* in the calling thread, and report."""
        try:
            args, kwargs = self._thaw()
            with inside_body():
                result = _finished(body(*args, **kwargs))
        except BaseException as error:
            self._report_from_thread(
                succeeded=False, result=failure_text(error), is_unknown=self._is_unknown(error)
            )
            self._pause_if_unknown(error)
            raise
        self._report_from_thread(succeeded=True, result=result_text(result))
        return result

    def _is_unknown(self, error: BaseException) -> bool:
        return isinstance(error, EndUnknown) and not self.is_idempotent

    def _pause_if_unknown(self, error: BaseException) -> None:
        """Raise CallPaused where a run can wait until people say how *error* left things."""
        if self._is_unknown(error) and self.pauses and self.clearance.request_id is not None:
            raise CallPaused(self.clearance.request_id, is_interrupted=True) from error

    def _thaw(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        heard = current().outcomes
        if heard is not None and self.clearance.outcome is not None:
            heard.append(self.clearance.outcome)
        return self.binding.thaw(self.clearance, self.digest, self.given)

    def _report_from_thread(
        self, *, succeeded: bool, result: str, is_unknown: bool = False
    ) -> None:
        self.connection.report_from_thread(
            self.clearance, succeeded=succeeded, result=result, is_unknown=is_unknown
        )


def _finished(result: Any) -> Any:
    """Refuse what has not run yet: a body hidden in a coroutine would run without its permit."""
    if inspect.iscoroutine(result) or inspect.isgenerator(result):
        result.close()
    elif not inspect.isasyncgen(result):
        return result
    raise errors.UnsupportedTool(
        "The tool returned something that has yet to run. Nothing ran: make it `async def`, or "
        "return a finished value."
    )


def result_text(result: Any) -> str:
    """Return what the card shows: a text as it is, JSON as JSON, the rest as Python says it."""
    if isinstance(result, str):
        return result[:RESULT_MAX_CHARS]
    # Bounded first: a result of fifty megabytes must not be written out to be cut.
    shown = _short.repr(result)
    if isinstance(result, dict | list) and "..." not in shown:
        with contextlib.suppress(TypeError, ValueError, RecursionError):
            return json.dumps(result, ensure_ascii=False, allow_nan=False)[:RESULT_MAX_CHARS]
    return shown


def failure_text(error: BaseException) -> str:
    """Return what the card shows of a body that raised *error*."""
    if isinstance(error, asyncio.CancelledError):
        return "cancelled while it ran; how much of it happened is not known"
    if isinstance(error, TookTooLong):
        return str(error)
    try:
        said = str(error)
    except Exception:
        said = ""
    return f"{type(error).__name__}: {said[:RESULT_MAX_CHARS]}".rstrip(": ")
