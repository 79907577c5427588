"""The middleware around every model turn and tool call of a run; outermost, before the gate's own.

It keeps the run's limits, brings in what people said, tells the thread, and says to the gate whose
call it is. What it needs of the run comes as the graph's context, so that one compiled graph serves
every run of its agent. LangGraph's own signals (a pause above all) pass through untouched.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.errors import GraphBubbleUp, GraphInterrupt
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.runtime import Runtime
from langgraph.types import Command

from approvals.domain.errors import Refusal
from approvals.domain.ids import RequestId
from approvals.gate.context import entered
from approvals.gate.exceptions import CallNotApproved, TookTooLong
from approvals.gate.langchain_middleware import asked_by
from bot.agents import budget, conversation
from bot.agents.at_work import RunAtWork
from bot.agents.errors import ModelFailed
from bot.agents.langchain_model import explain, refuse_unusable
from bot.agents.telling import for_the_log

_log = logging.getLogger(__name__)

ToolAnswer = ToolMessage | Command[Any]


class TaskMiddleware(AgentMiddleware[Any, RunAtWork, Any]):
    """Limits, notes, telling and the gate's context of runs."""

    async def abefore_model(self, state: Any, runtime: Runtime[RunAtWork]) -> dict[str, Any] | None:
        """Bring in what people have said since the last turn."""
        work = runtime.context
        new = conversation.note_messages(await work.notes(), state["messages"])
        if not new:
            return None
        await work.hears([message.id for message in new])
        return {"messages": new}

    async def awrap_model_call(
        self,
        request: ModelRequest[RunAtWork],
        handler: Callable[[ModelRequest[RunAtWork]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Let the model take a turn, unless a limit is reached.

        Raises:
            TaskStopped: it is.
            ModelFailed: the model gave no answer that can be used.
        """
        work, model = request.runtime.context, request.runtime.context.spec.model
        messages = request.state["messages"]
        budget.refuse_turn(work.spent(messages), work.spec.limits, model=model, active=work.active)
        try:
            response = await handler(request)
        except GraphBubbleUp:
            raise
        except Exception as error:
            _log.warning("the model of run %s failed\n%s", work.run.id, for_the_log(error))
            raise ModelFailed(explain(error, model)) from error
        said = [each for each in response.result if isinstance(each, AIMessage)]
        for message in said:
            refuse_unusable(message)
            # Providers repeat ids; this one names the turn in request keys and must not.
            message.id = work.desk.ids.ulid()
        work.stands_at([*messages, *said])
        for message in said:
            hides = any(work.hides(call["name"]) for call in message.tool_calls)
            if message.tool_calls and message.text.strip() and not hides:
                await work.telling.step(message.text)
        return response

    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[ToolAnswer]],
    ) -> ToolAnswer:
        """Run one tool call in the run's name; a tool that raises is an answer, not the end."""
        work, call = _work(request), request.tool_call
        messages, turn = request.state["messages"], asked_by(request)
        refusal = _over_limit(work, messages, turn, call)
        if refusal is not None:
            return _failure(request, refusal)
        await work.calls(turn, call)
        try:
            with entered(work.call_context(messages, turn=turn, call_id=call["id"])):
                answer = await handler(request)
        except GraphInterrupt as pause:
            await _tell_interrupted(work, call["name"], pause)
            raise
        except GraphBubbleUp:
            raise
        except TookTooLong as late:
            answer = _failure(request, f"Failed: {late} How much of it happened is not known.")
        except CallNotApproved as not_approved:
            answer = _failure(request, f"Not run: {not_approved}")
        except Refusal as refused:
            answer = _failure(request, f"Refused: {refused.message}")
        except (Exception, SystemExit) as error:
            _log.warning("tool %s raised\n%s", call["name"], for_the_log(error))
            answer = _failure(request, f"Failed: {type(error).__name__}: {error}")
        return await _told(work, request, answer)


def _work(request: ToolCallRequest) -> RunAtWork:
    work: object = request.runtime.context
    assert isinstance(work, RunAtWork)
    return work


def _over_limit(
    work: RunAtWork, messages: Sequence[Any], turn: str | None, call: Any
) -> str | None:
    return budget.refuse_call(
        work.spent(conversation.before_turn(messages, turn)),
        work.spec.limits,
        tool=call["name"],
        arguments=call["args"],
        place=conversation.place_in_turn(messages, turn, call["id"]),
    )


async def _tell_interrupted(work: RunAtWork, tool: str, pause: GraphInterrupt) -> None:
    for each in pause.args[0]:
        if each.value.get("is_interrupted"):
            await work.interrupted(tool, RequestId(each.value["request_id"]))


async def _told(work: RunAtWork, request: ToolCallRequest, answer: ToolAnswer) -> ToolAnswer:
    if not isinstance(answer, ToolMessage):
        return answer
    text = answer.text
    await work.called(request.tool_call, text, succeeded=answer.status != "error")
    limit = work.spec.limits.result_max_chars
    if len(text) > limit:
        cut = f"{text[:limit]}\n[cut: {len(text):,} characters in all]"
        return answer.model_copy(update={"content": cut, "artifact": None})
    # An artifact is for programs, of any type; the model gets the content.
    return answer if answer.artifact is None else answer.model_copy(update={"artifact": None})


def _failure(request: ToolCallRequest, text: str) -> ToolMessage:
    call = request.tool_call
    return ToolMessage(content=text, tool_call_id=call["id"], name=call["name"], status="error")
