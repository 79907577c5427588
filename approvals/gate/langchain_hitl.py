"""Answering the interrupts of LangChain's own HumanInTheLoopMiddleware with our approvals.

The agent stays as it is: its interrupts become our questions under a stable key, and the thread is
resumed with what people decided. A permit is claimed before the thread is resumed and closed by
the tool's message. `langchain_interrupts` reads the questions, `langchain_decisions` maps the
answers, `langchain_carrying` resumes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from langchain_core.messages import ToolMessage

from approvals.domain import errors, run_errors
from approvals.domain.ids import RequestId
from approvals.domain.outcome import refused
from approvals.domain.tool_call import digest_of
from approvals.gate.context import current, entered
from approvals.gate.declared import NOTHING_DECLARED, Declared
from approvals.gate.exceptions import CallNotApproved, CallPaused, CallUnavailable, not_approved
from approvals.gate.gate import Gate
from approvals.gate.gateway import Clearance, Proposal
from approvals.gate.guard import Guard
from approvals.gate.langchain_carrying import Carrying
from approvals.gate.langchain_decisions import (
    approval,
    can_be_sent,
    cleared_mend,
    is_edit,
    refusal,
    refusal_mend,
)
from approvals.gate.langchain_interrupts import AskedCall, Interrupted, interrupted, last_answer
from approvals.gate.langchain_resume import leased
from approvals.gate.langchain_tools import tool_binding


async def answer_interrupts(
    agent: Any,
    config: Mapping[str, Any],
    *,
    gate: Gate,
    channel: str | None = None,
    declared: Declared = NOTHING_DECLARED,
) -> Any:
    """Ask people what HumanInTheLoopMiddleware asks, in both its shapes, until the thread ends.

    What it interrupts is asked even where a rule allows it: the agent's author wants a person.
    Safe to call again after a crash: each call finds its question by its key. Other interrupts
    end it, they are the caller's to answer; so does a breakpoint of the graph.

    Args:
        agent: A compiled agent with a checkpointer, whose tools are not guarded by us as well.
        config: Names the `thread_id`.
        gate: The gate that asks, connected.
        channel: Whose rules apply; else the gate's, else the policy's `tools:` decide.
        declared: Which tools only read, and which may run twice under one key.

    Returns:
        The graph's state values, as `ainvoke` returns them.

    Raises:
        RunNotReady: this process resumes the same thread already.
        InterruptNotAnswerable: people could not say both yes and no; nobody was asked.
        CallsUnfinished: a crash left the thread amid its tools, which may have run.
        CallUnavailable: the gateway closed while it waited; the thread is still paused.
        UnsupportedTool: a tool whose call could not be shown and bound exactly.
    """
    async with leased(config) as thread:
        desk = _Desk(gate=gate, agent=agent, channel=channel, declared=declared)
        carrying = Carrying(agent, config, gate)
        has_gone_on = False
        while True:
            state = await agent.aget_state(config)
            asked = interrupted(state, thread=thread)
            if not asked and (state.interrupts or not state.tasks or has_gone_on):
                return state.values
            if asked:
                await _answer_some(desk, carrying, asked)
            else:
                _refuse_unfinished(state, declared)
            if not (await agent.aget_state(config)).interrupts:
                await agent.ainvoke(None, config, durability="sync")
            has_gone_on = True


@dataclass(slots=True, kw_only=True)
class _Desk:
    """Where the calls of one agent are asked about."""

    gate: Gate
    agent: Any
    channel: str | None
    declared: Declared
    guards: dict[str, Guard] = field(default_factory=dict)

    def propose(self, call: AskedCall, *, claims: bool) -> Proposal:
        """Freeze *call*. Raises CallRefused where it cannot be asked about."""
        context = replace(
            current(), key=call.key, tool_call_id=call.tool_call_id, pauses=True, run_id=None
        )
        try:
            guard = self._guard(call.tool)
            # What the framework injects is not the model's to choose: its place is kept.
            given = {**call.arguments, **dict.fromkeys(guard.binding.injected)}
            with entered(context):
                proposal, _ = guard.propose((), given)
        except errors.InvalidArguments as refusal_:
            raise not_approved(refused(refusal_)) from refusal_
        # Where the interrupt takes no other arguments back, people are offered no form for them.
        schema = proposal.schema if "edit" in call.allowed else None
        return replace(proposal, claims=claims, schema=schema)

    async def ask(self, call: AskedCall, *, claims: bool) -> tuple[Proposal, Clearance]:
        """Return how *call* was cleared.

        Raises:
            CallPaused: people have yet to decide.
            CallNotApproved: it may not run. CallUnavailable: nobody can say now.
        """
        proposal = self.propose(call, claims=claims)
        return proposal, await self.gate.connection.ask(proposal)

    def _guard(self, name: str) -> Guard:
        if name not in self.guards:
            tool = _tools(self.agent).get(name)
            if tool is None:
                raise errors.InvalidArguments(f"{name} is not a tool of this agent.")
            self.guards[name] = self.gate.guard_for(
                tool_binding(tool),
                channel=self.channel,
                require_approval=True,
                traits=replace(self.declared.traits(name), reads=False),
            )
        return self.guards[name]


async def _answer_some(desk: _Desk, carrying: Carrying, asked: tuple[Interrupted, ...]) -> None:
    """Wait until one interrupt can be answered as a whole, and answer all of which that is so."""
    ready: list[Interrupted] = []
    while not ready:
        waiting: list[RequestId] = []
        for each in asked:
            missing = [found for call in each.calls if (found := await _pending(desk, call))]
            waiting.extend(missing)
            if not missing:
                ready.append(each)
        if not ready:
            await desk.gate.until_decided(waiting)
    for each in ready:
        await _claim(desk, carrying, each)
    await carrying.carry_out()


async def _pending(desk: _Desk, call: AskedCall) -> RequestId | None:
    """Return the request *call* waits for, opening it if there is none; claim nothing."""
    try:
        await desk.ask(call, claims=False)
    except CallPaused as paused:
        return paused.request_id
    except CallUnavailable:
        raise
    except CallNotApproved:
        return None
    return None


async def _claim(desk: _Desk, carrying: Carrying, each: Interrupted) -> None:
    """Claim what may run of one interrupt; one whose approval lapsed meanwhile waits again."""
    decisions = []
    for call in each.calls:
        try:
            decision = carrying.decided(call) or await _decision(desk, carrying, call)
        except CallPaused:
            return
        decisions.append(decision)
    carrying.answer(each, decisions)


async def _decision(desk: _Desk, carrying: Carrying, call: AskedCall) -> dict[str, Any]:
    try:
        proposal, clearance = await desk.ask(call, claims=True)
    except CallUnavailable:
        raise
    except CallNotApproved as why:
        return carrying.keep(call, refusal(call, why), mend=refusal_mend(call, why))
    edited = is_edit(proposal, clearance)
    why_not = _why_not(call, proposal, clearance, edited=edited)
    if why_not is not None:
        await desk.gate.connection.report(clearance, succeeded=False, result="It did not run.")
        told = not_approved(refused(why_not))
        return carrying.keep(call, refusal(call, told), mend=refusal_mend(call, told))
    return carrying.keep(
        call,
        approval(call, clearance, edited=edited),
        mend=cleared_mend(call, clearance),
        clearance=clearance,
    )


def _why_not(
    call: AskedCall, proposal: Proposal, clearance: Clearance, *, edited: bool
) -> errors.Refusal | None:
    """Return why what was cleared may not be carried out after all."""
    asked = proposal.call
    if clearance.digest != digest_of(asked.tool, asked.fingerprint, clearance.arguments_json):
        return errors.ArgsMismatch()
    if edited and clearance.asked_digest != asked.digest:
        return errors.ArgsMismatch()
    if not can_be_sent(call, edited=edited):
        return errors.ArgsMismatch(
            "It was approved with other arguments, and this agent does not let them be changed."
        )
    return None


def _refuse_unfinished(state: Any, declared: Declared) -> None:
    """Refuse to enter tools again that a crash interrupted.

    Raises:
        CallsUnfinished: one of them is declared neither to read only nor to be idempotent.
    """
    messages = state.values.get("messages", ())
    answered = {each.tool_call_id for each in messages if isinstance(each, ToolMessage)}
    answer = last_answer(messages) if "tools" in state.next else None
    calls = answer.tool_calls if answer else []
    names = {call["name"] for call in calls if call["id"] not in answered}
    traits = {name: declared.traits(name) for name in names}
    risky = sorted(name for name, each in traits.items() if not (each.reads or each.idempotent))
    if risky:
        raise run_errors.CallsUnfinished(
            f"The thread stopped amid its tools: {', '.join(risky)} may have run. See what "
            "happened, then let the graph go on yourself."
        )


def _tools(agent: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in agent.nodes.values():
        found.update(getattr(getattr(node, "bound", None), "tools_by_name", {}))
    return found
