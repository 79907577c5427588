"""One stretch of a run: from its taking until it pauses, ends, or the gateway stops.

Called by the runner with a run under our lease. Where the run stands is read from its checkpoint,
so that it goes on wherever it was left, by a pause or by a crash; nothing else is remembered.
"""

import asyncio
import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from approvals.domain import errors
from approvals.domain.ids import RequestId, RunId
from approvals.domain.run import RunCause
from approvals.operations.desk import Desk
from approvals.operations.end_run import RunEnding
from approvals.operations.note_progress import Progress
from approvals.operations.resume_run import TakenRun
from bot.agents import budget, conversation
from bot.agents.at_work import RunAtWork
from bot.agents.built_agents import BuiltAgents
from bot.agents.checkpoints import can_wait
from bot.agents.errors import (
    AgentNotInChannel,
    AgentUnknown,
    CheckpointRefused,
    CheckpointsUnavailable,
    ModelFailed,
    TaskStopped,
)
from bot.agents.progress import RunProgress
from bot.agents.spec import AgentSpec, FindAgent
from bot.agents.telling import Telling, for_the_log
from bot.agents.thread import ThreadOf

_log = logging.getLogger(__name__)
_STEPS_PER_TURN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaiting:
    """The run waits for people: the requests its turn stopped at."""

    requests: tuple[RequestId, ...]


@dataclass(slots=True)
class Drain:
    """How a stretch is asked to stop at its next step."""

    is_wanted: bool = False
    controls: dict[RunId, Any] = field(default_factory=dict)

    def request(self) -> None:
        """Ask every stretch, now and later."""
        self.is_wanted = True
        for control in self.controls.values():
            control.request_drain()

    def request_one(self, run_id: RunId) -> None:
        """Ask the stretch of one run, which gives its lease back and waits in line."""
        if run_id in self.controls:
            self.controls[run_id].request_drain()


@dataclass(frozen=True, slots=True, kw_only=True)
class StretchParts:
    """What every stretch needs."""

    desk: Desk
    agents: BuiltAgents
    find_agent: FindAgent
    thread_of: ThreadOf
    drain: Drain


async def stretch(parts: StretchParts, taken: TakenRun) -> RunEnding | Awaiting | None:
    """Let a taken run go on and return how the stretch ended; None when the gateway stops.

    Raises:
        CheckpointsUnavailable: its state cannot be read or kept now; nothing is lost by waiting.
    """
    run = taken.run
    try:
        spec = _agent(parts, taken)
        graph = await parts.agents.graph(spec)
        async with AsyncExitStack() as stack:
            work = await _work(stack, parts, taken, spec=spec)
            return await _turns(parts, work, graph)
    except TaskStopped as stopped:
        return RunEnding(cause=RunCause.LIMIT, reason=str(stopped))
    except ModelFailed as failed:
        return RunEnding(cause=RunCause.MODEL, reason=str(failed))
    except CheckpointRefused as refused:
        return RunEnding(cause=RunCause.ERROR, reason=refused.message)
    except errors.StoreUnavailable:
        raise
    except errors.Refusal as refused:
        return RunEnding(cause=RunCause.AGENT, reason=refused.message)
    except Exception as error:
        if can_wait(error):
            raise CheckpointsUnavailable(str(error)) from error
        _log.error("run %s failed\n%s", run.id, for_the_log(error))
        return RunEnding(
            cause=RunCause.ERROR,
            reason=f"The task failed unexpectedly; the log has the details under {run.id}.",
        )


def _agent(parts: StretchParts, taken: TakenRun) -> AgentSpec:
    run = taken.run
    spec = parts.find_agent(run.agent)
    if spec is None:
        raise AgentUnknown(f"The agent {run.agent} is not configured any more.")
    if run.channel not in spec.channels:
        raise AgentNotInChannel
    return spec


async def _work(
    stack: AsyncExitStack, parts: StretchParts, taken: TakenRun, *, spec: AgentSpec
) -> RunAtWork:
    run = taken.run
    known = Progress(steps=run.steps, tokens=run.tokens)
    progress = await stack.enter_async_context(RunProgress(parts.desk, run.id, known))
    stack.push_async_callback(progress.flush)
    telling = await stack.enter_async_context(Telling(parts.thread_of(taken)))
    return RunAtWork(desk=parts.desk, taken=taken, spec=spec, telling=telling, progress=progress)


async def _turns(parts: StretchParts, work: RunAtWork, graph: Any) -> RunEnding | Awaiting | None:
    run, limits = work.run, work.spec.limits
    config = {
        "configurable": {"thread_id": run.conversation},
        "recursion_limit": (limits.model_turns_max + 1) * _STEPS_PER_TURN,
    }
    state = await graph.aget_state(config)
    messages = state.values.get("messages", [])
    given: dict[str, Any] | None = None
    if not conversation.has_task(messages, run.id):
        given = {"messages": conversation.opening(run, messages)}
    elif not state.tasks:  # `next` leaves out those whose result is kept and not yet built upon
        return await _ending(work, messages)
    else:
        work.stands_at(messages)
        work.went_on_from(messages, state.interrupts)
    if work.active > limits.active_max:
        raise TaskStopped(budget.too_long(limits))
    left_s = (limits.active_max - work.active).total_seconds()
    try:
        async with asyncio.timeout(left_s) as clock:
            return await _invoked(parts, work, graph, given=given, config=config)
    except TimeoutError:
        if clock.expired():
            raise TaskStopped(budget.too_long(limits)) from None
        raise


async def _invoked(
    parts: StretchParts, work: RunAtWork, graph: Any, *, given: Any, config: Any
) -> RunEnding | Awaiting | None:
    from langgraph.errors import GraphDrained
    from langgraph.runtime import RunControl

    from approvals.gate.langchain import paused_requests

    control = RunControl()
    parts.drain.controls[work.run.id] = control
    if parts.drain.is_wanted:
        control.request_drain()
    try:
        ended = await graph.ainvoke(
            given, config, context=work, durability="sync", version="v2", control=control
        )
    except GraphDrained:
        # What one run alone was asked for is a freeze: it waits, and nothing has to be answered.
        return None if parts.drain.is_wanted else Awaiting(requests=())
    finally:
        del parts.drain.controls[work.run.id]
    if not ended.interrupts:
        return await _ending(work, ended.value["messages"])
    waiting = paused_requests(ended.interrupts)
    assert waiting, "an agent of the bot pauses for requests alone"
    return Awaiting(requests=waiting)


async def _ending(work: RunAtWork, messages: Any) -> RunEnding:
    work.stands_at(messages)
    answer = conversation.final_answer(messages)
    if not answer:
        return RunEnding(cause=RunCause.MODEL, reason="The model ended without an answer.")
    heard = conversation.heard(messages, await work.notes())
    return RunEnding(cause=RunCause.ANSWERED, answer=answer, heard=heard)
