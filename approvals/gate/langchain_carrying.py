"""Resuming a thread with decisions, and closing the permits by what its tools say.

Used by `langchain_hitl`. The graph is let go step by step while claimed calls run, so that their
ends are recorded, and their messages mended, before the model reads them.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, ToolMessage
from langgraph.types import Command

from approvals.gate.gate import Gate
from approvals.gate.gateway import Clearance
from approvals.gate.langchain_decisions import Mend
from approvals.gate.langchain_interrupts import AskedCall, Interrupted, last_answer

_log = logging.getLogger("sayso.gate")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What is kept of a decided call until its message stands."""

    decision: dict[str, Any]
    tool_call_id: str
    mend: Mend | None
    clearance: Clearance | None
    """Claimed; None for a call that may not run."""


class Carrying:
    """One thread that is resumed with decisions."""

    def __init__(self, agent: Any, config: Mapping[str, Any], gate: Gate) -> None:
        self._agent = agent
        self._config = config
        self._gate = gate
        self._kept: dict[str, _Kept] = {}
        self._resume: dict[str, Any] = {}
        self._message_id: str | None = None

    def decided(self, call: AskedCall) -> dict[str, Any] | None:
        """Return the decision that is kept for *call*, whose permit may be claimed already."""
        kept = self._kept.get(call.key)
        return kept.decision if kept else None

    def keep(
        self,
        call: AskedCall,
        decision: dict[str, Any],
        *,
        mend: Mend | None,
        clearance: Clearance | None = None,
    ) -> dict[str, Any]:
        """Keep the *decision* of a call until its tool has answered, and return it."""
        self._kept[call.key] = _Kept(
            decision=decision, tool_call_id=call.tool_call_id, mend=mend, clearance=clearance
        )
        return decision

    def answer(self, interrupt: Interrupted, decisions: list[dict[str, Any]]) -> None:
        """Answer *interrupt* with the next `carry_out`."""
        self._message_id = interrupt.message_id
        self._resume[interrupt.id] = (
            {"decisions": decisions} if interrupt.is_batch else decisions[0]
        )

    async def carry_out(self) -> None:
        """Resume the thread and let it run until its tools have answered."""
        if not self._resume:
            return
        given: Any = Command(resume=self._resume)
        self._resume = {}
        try:
            while True:
                await self._agent.ainvoke(
                    given, self._config, durability="sync", interrupt_after="*"
                )
                state = await self._agent.aget_state(self._config)
                await self._report(state)
                given = None
                if not self._goes_on(state):
                    break
        except BaseException as error:
            await self._report_broken(error)
            raise
        if not state.interrupts:
            await self._mend(state)

    def _goes_on(self, state: Any) -> bool:
        """Whether claimed calls of the turn have yet to run."""
        is_open = any(kept.clearance for kept in self._kept.values())
        answer = last_answer(state.values["messages"])
        in_turn = answer is not None and answer.id == self._message_id
        return bool(is_open and in_turn and state.tasks and not state.interrupts)

    async def _report(self, state: Any) -> None:
        """Close the permits of the calls that have a message."""
        messages = self._messages(state)
        for key, kept in self._kept.items():
            message = messages.get(kept.tool_call_id)
            if kept.clearance is None or message is None:
                continue
            self._kept[key] = _Kept(
                decision=kept.decision,
                tool_call_id=kept.tool_call_id,
                mend=kept.mend,
                clearance=None,
            )
            await self._gate.connection.report(
                kept.clearance, succeeded=message.status != "error", result=message.text
            )

    async def _report_broken(self, error: BaseException) -> None:
        """Close every permit when the graph raised: by its message, or as failed."""
        try:
            await self._report(await self._agent.aget_state(self._config))
        except Exception:
            _log.exception("The thread's state could not be read after it failed.")
        was_cancelled = isinstance(error, asyncio.CancelledError)
        said = "cancelled" if was_cancelled else f"{type(error).__name__}: {error}"
        for kept in self._kept.values():
            if kept.clearance is not None:
                await self._gate.connection.report(
                    kept.clearance,
                    succeeded=False,
                    result=f"{said}; how much of it happened is not known",
                    was_cancelled=was_cancelled,
                )
        self._kept.clear()

    async def _mend(self, state: Any) -> None:
        """Let the tools' messages say what was changed by whom, before the model reads them."""
        messages = self._messages(state)
        mended = [
            better
            for kept in self._kept.values()
            if kept.mend and (message := messages.get(kept.tool_call_id))
            if (better := kept.mend.of(message)) is not None
        ]
        self._kept.clear()
        if mended:
            await self._agent.aupdate_state(self._config, {"messages": mended})

    def _messages(self, state: Any) -> dict[str, ToolMessage]:
        """Return the messages that stand after the turn's AI message, by their call."""
        found: dict[str, ToolMessage] = {}
        for message in reversed(state.values["messages"]):
            if isinstance(message, AIMessage) and message.id == self._message_id:
                break
            if isinstance(message, ToolMessage):
                found[message.tool_call_id] = message
        return found
