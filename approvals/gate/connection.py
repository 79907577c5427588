"""A gateway and the loop it lives on: everything asked of it is asked there.

Guards call this from the gateway's own loop, from other loops and from plain threads. A caller on
another thread hands its question over and waits; the gateway itself never leaves its loop.
"""

import asyncio
import concurrent.futures
import contextlib
import logging
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from approvals.domain.plain_tool import PlainArguments, PlainTool
from approvals.gate.exceptions import CallUnavailable, unavailable
from approvals.gate.gateway import Clearance, Gateway, Proposal
from approvals.gate.refusals import PauseNeedsKey, WouldDeadlock

Answer = TypeVar("Answer")
_running_loop = asyncio.get_running_loop
_log = logging.getLogger("sayso.gate")
_reports: set[asyncio.Task[None]] = set()  # a loop keeps only weak references to its tasks


@dataclass(slots=True)
class _Handover:
    """A clearance on its way to a caller elsewhere; touched on the gateway's loop only.

    The caller may be cancelled after its permit was claimed and before it has the clearance. Then
    the body never runs, and only these two fields, in whatever order they are set, know it.
    """

    clearance: Clearance | None = None
    is_abandoned: bool = False


@dataclass(frozen=True, slots=True)
class Connection:
    """One gateway, bound to the loop it runs on."""

    gateway: Gateway
    loop: asyncio.AbstractEventLoop

    @property
    def is_here(self) -> bool:
        """Whether the caller runs on the gateway's loop."""
        try:
            return asyncio.get_running_loop() is self.loop
        except RuntimeError:
            return False

    def passes(self, tool: PlainTool, arguments: PlainArguments) -> bool:
        """See `Gateway.passes`; on another loop nothing does. Called by coroutines only."""
        return _running_loop() is self.loop and self.gateway.passes(tool, arguments)

    def admit(self, proposal: Proposal) -> Clearance | None:
        """Answer at once what needs no asking; None on another loop, where `ask` does it all.

        Called by coroutines only.
        """
        if _running_loop() is self.loop:  # `is_here` without its cost: a coroutine has a loop
            return self.gateway.admit(proposal)
        return None

    def ask(self, proposal: Proposal) -> Awaitable[Clearance]:
        """Return what to await for the clearance; keeps *proposal* no longer than it must."""
        if self.is_here:
            _refuse_endless(proposal)
            return self.gateway.ask(proposal)
        return self._ask_from_afar(proposal)

    async def _ask_from_afar(self, proposal: Proposal) -> Clearance:
        handover = _Handover()
        answer = asyncio.wrap_future(self.submit(_hand_over(self.gateway, proposal, handover)))
        del proposal
        try:
            return await answer
        except asyncio.CancelledError:
            self._leave(handover)
            raise

    def clear(self, proposal: Proposal) -> Clearance:
        """Ask from a thread without a loop, and wait.

        Raises:
            CallNotApproved: the subclass of the outcome; CallUnavailable when the gateway stops.
        """
        handover = _Handover()
        try:
            return self._wait(_hand_over(self.gateway, proposal, handover))
        except Exception:
            raise
        except BaseException:
            self._leave(handover)
            raise

    def _leave(self, handover: _Handover) -> None:
        """Say that nobody takes the clearance any more; the gateway's loop hears it in order."""
        with contextlib.suppress(CallUnavailable):
            self.submit(_abandon(self.gateway, handover))

    async def report(
        self,
        clearance: Clearance,
        *,
        succeeded: bool,
        result: str,
        was_cancelled: bool = False,
        is_unknown: bool = False,
    ) -> None:
        """Record how the body ended. A failure is logged: it must not cost the body's result.

        A cancelled caller does not cancel its report.
        """
        if clearance.request_id is None:
            return
        reporting = _report(
            self.gateway,
            clearance,
            succeeded=succeeded,
            result=result,
            was_cancelled=was_cancelled,
            is_unknown=is_unknown,
        )
        if not self.is_here:
            await asyncio.shield(asyncio.wrap_future(self.submit(reporting)))
            return
        task = self.loop.create_task(reporting)
        _reports.add(task)
        task.add_done_callback(_reports.discard)
        await asyncio.shield(task)

    def report_from_thread(
        self, clearance: Clearance, *, succeeded: bool, result: str, is_unknown: bool = False
    ) -> None:
        """Record how a sync body ended, and wait until it is recorded or logged."""
        if clearance.request_id is not None:
            self._wait(
                _report(
                    self.gateway,
                    clearance,
                    succeeded=succeeded,
                    result=result,
                    is_unknown=is_unknown,
                )
            )

    def refuse_own_loop(self, tool: str) -> None:
        """Raise `WouldDeadlock` when waiting here would stop the gateway itself."""
        if self.is_here:
            said = " ".join((WouldDeadlock.__doc__ or "").split())
            raise WouldDeadlock(f"{tool}: {said}")

    async def awaited(self, question: Coroutine[Any, Any, Answer]) -> Answer:
        """Return the answer to *question*, on whichever loop the gateway runs."""
        if self.is_here:
            return await question
        return await asyncio.wrap_future(self.submit(question))

    def submit(self, question: Coroutine[Any, Any, Answer]) -> concurrent.futures.Future[Answer]:
        """Hand *question* to the gateway's loop; raises CallUnavailable when it is closed."""
        try:
            return asyncio.run_coroutine_threadsafe(question, self.loop)
        except RuntimeError:
            question.close()
            unavailable("The gateway has stopped. The call did not run.")

    def _wait(self, question: Coroutine[Any, Any, Answer]) -> Answer:
        future = self.submit(question)
        try:
            return future.result()
        except concurrent.futures.CancelledError:
            unavailable("The gateway stopped while this call waited. It did not run.")
        except BaseException:
            future.cancel()
            raise


async def _hand_over(gateway: Gateway, proposal: Proposal, handover: _Handover) -> Clearance:
    clearing = _clear(gateway, proposal)
    del proposal
    handover.clearance = await clearing
    if handover.is_abandoned:
        await gateway.give_back(handover.clearance)
    return handover.clearance


async def _abandon(gateway: Gateway, handover: _Handover) -> None:
    handover.is_abandoned = True
    if handover.clearance is not None:
        await gateway.give_back(handover.clearance)


async def _clear(gateway: Gateway, proposal: Proposal) -> Clearance:
    clearance = gateway.admit(proposal)
    if clearance is not None:
        return clearance
    _refuse_endless(proposal)
    asking = gateway.ask(proposal)
    del proposal
    return await asking


def _refuse_endless(proposal: Proposal) -> None:
    """Refuse a pause that would open another question on every resume."""
    if proposal.pauses and proposal.key is None:
        raise PauseNeedsKey


async def _report(
    gateway: Gateway,
    clearance: Clearance,
    *,
    succeeded: bool,
    result: str,
    was_cancelled: bool = False,
    is_unknown: bool = False,
) -> None:
    try:
        await gateway.report(
            clearance,
            succeeded=succeeded,
            result=result,
            was_cancelled=was_cancelled,
            is_unknown=is_unknown,
        )
    except Exception:
        _log.exception(
            "How request %s ended could not be recorded; its permit will read `unknown`.",
            clearance.request_id,
        )
