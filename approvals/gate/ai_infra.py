"""Approvals for ai-infra's `Agent`: its `approval_handler`, answered by the gate.

Imported by users alone. ai-infra calls the handler with a name and arguments, and runs the tool
itself afterwards, in the task the handler was awaited in: there `ai_infra_body` hears how it ended.
The request carries no session, so the session is read from the run that the call belongs to.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

from ai_infra.llm import ApprovalRequest, ApprovalResponse
from langchain_core.runnables.config import var_child_runnable_config
from langchain_core.tools import BaseTool
from langchain_core.tools import tool as as_tool

from approvals.domain import errors
from approvals.domain.outcome import refused
from approvals.gate.ai_infra_body import watch_body
from approvals.gate.cleared_call import cleared
from approvals.gate.code_rules import RequireApproval
from approvals.gate.declared import NOTHING_DECLARED, Declared
from approvals.gate.exceptions import CallNotApproved, not_approved
from approvals.gate.gate import Gate
from approvals.gate.guard import Guard
from approvals.gate.langchain_tools import tool_binding
from approvals.gate.refusals import SessionMismatch, SessionUnknown

Handler: TypeAlias = Callable[[ApprovalRequest], Awaitable[ApprovalResponse]]
Sessions: TypeAlias = Callable[[str], AbstractContextManager[Any]]
"""Says more about the calls of a session, most often with `Gate.calling`."""


def approval_handler(
    gate: Gate,
    tools: Sequence[BaseTool | Callable[..., Any]],
    *,
    session: str | None = None,
    sessions: Sessions | None = None,
    channel: str | None = None,
    require_approval: RequireApproval = False,
    declared: Declared = NOTHING_DECLARED,
) -> Handler:
    """Return the coroutine function for `Agent(tools=tools, approval_handler=…)`.

    What may not run is told to the model as ai-infra tells a rejection, with the sentence that says
    which ending it was. A body runs once for one approval, also where ai-infra would try it again.

    Args:
        gate: connected when the agent runs.
        tools: the agent's; a call of any other tool is refused.
        session: the one session this handler serves, where the agent keeps none itself
            (`session=`). A run of another session is refused.
        sessions: for each session id, what is said of its calls:
            ``lambda session: gate.calling(person=PEOPLE[session])``.
        channel: whose rules apply; else the gate's, else the policy's `tools:` decide.
        require_approval: a rule in code, added to the gate's.
        declared: which tools only read, and which may run twice for one approval.

    Raises:
        UnsupportedTool: a tool whose call could not be shown and bound exactly.
    """
    desk = _Desk(
        guards=dict(_guards(gate, tools, channel, require_approval, declared)),
        session=session,
        sessions=sessions,
    )

    # ai-infra awaits only what `asyncio.iscoroutinefunction` knows: a function, not an object.
    async def handler(request: ApprovalRequest) -> ApprovalResponse:
        try:
            return await desk.answer(request)
        except CallNotApproved as why:
            return ApprovalResponse.reject(reason=str(why), approver=why.outcome.by)

    return handler


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """Where the calls of one agent are asked about."""

    guards: Mapping[str, Guard]
    session: str | None
    sessions: Sessions | None

    async def answer(self, request: ApprovalRequest) -> ApprovalResponse:
        """Return the approval; raises CallNotApproved where there is none."""
        try:
            with self._said():
                guard = self._guard(request.tool_name)
                call = await cleared(guard, request.args, can_change=True)
        except errors.Refusal as refusal:
            raise not_approved(refused(refusal)) from refusal
        watch_body(call, guard.binding.name, may_repeat=guard.traits.idempotent)
        outcome = call.outcome
        return ApprovalResponse.approve(
            modified_args=call.arguments,  # also unchanged: what the digest stands for is what runs
            reason=outcome.reason if outcome else None,
            approver=outcome.by if outcome else None,
        )

    def _guard(self, name: str) -> Guard:
        if name not in self.guards:
            raise errors.InvalidArguments(
                f"{name} is not one of the tools this approval handler was made for."
            )
        return self.guards[name]

    @contextmanager
    def _said(self) -> Iterator[None]:
        """Say of the call what is known of its session.

        Raises:
            SessionMismatch, SessionUnknown
        """
        running = _session_of_the_run()
        if self.session is not None and running not in (None, self.session):
            raise SessionMismatch
        session = self.session or running
        if self.sessions is None:
            yield
            return
        if session is None:
            raise SessionUnknown
        try:
            said = self.sessions(session)
        except LookupError as error:
            raise SessionUnknown from error
        with said:
            yield


def _guards(
    gate: Gate,
    tools: Sequence[BaseTool | Callable[..., Any]],
    channel: str | None,
    require_approval: RequireApproval,
    declared: Declared,
) -> Iterator[tuple[str, Guard]]:
    for each in tools:
        inner = each if isinstance(each, BaseTool) else as_tool(each)
        yield (
            inner.name,
            gate.guard_for(
                tool_binding(inner),
                channel=channel,
                require_approval=require_approval,
                traits=declared.traits(inner.name),
            ),
        )


def _session_of_the_run() -> str | None:
    """Return the `session_id` of the run that awaits the handler: LangGraph's thread."""
    config = var_child_runnable_config.get() or {}
    thread = (config.get("configurable") or {}).get("thread_id")
    return None if thread is None else str(thread)
