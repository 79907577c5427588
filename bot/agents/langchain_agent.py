"""The LangChain side of the runner: model, agent, and the middleware around every call.

The only module of `bot.agents` that imports LangChain. `task_runner` imports it in a thread, after
the doors are open, because that takes seconds; nothing else may import it.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import openai
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, ToolMessage
from langchain_openai import ChatOpenAI
from langgraph.prebuilt.tool_node import ToolCallRequest
from langgraph.types import Command

from approvals.domain.errors import Refusal
from approvals.gate.context import CallContext, entered
from approvals.gate.exceptions import CallNotApproved
from bot.agents.budget import TaskBudget
from bot.agents.containment import contained
from bot.agents.spec import AgentSpec, AgentTask, ModelSettings
from bot.agents.telling import Telling, for_the_log

_log = logging.getLogger(__name__)
_STEPS_PER_TURN = 4
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

ToolAnswer = ToolMessage | Command[Any]


class TaskMiddleware(AgentMiddleware[Any, Any, Any]):
    """Counts and tells every turn and tool call of one task; tells the gate whose they are."""

    def __init__(self, task: AgentTask, spec: AgentSpec, *, telling: Telling) -> None:
        super().__init__()
        self._task = task
        self._spec = spec
        self._telling = telling
        self._budget = TaskBudget(spec.limits)

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]],
    ) -> ModelResponse[Any]:
        """Let the model take a turn, unless a limit is reached."""
        self._budget.start_turn()
        response = await handler(request)
        for message in response.result:
            if isinstance(message, AIMessage):
                usage = message.usage_metadata
                self._budget.count_tokens(usage["total_tokens"] if usage else 0)
                if message.tool_calls and message.text.strip():
                    await self._telling.step(message.text)
        return response

    async def awrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], Awaitable[ToolAnswer]],
    ) -> ToolAnswer:
        """Run one tool call in the task's name; a tool that raises is an answer, not the end."""
        call = request.tool_call
        refusal = self._budget.start_call(call["name"], call["args"])
        if refusal is not None:
            return _failure(request, refusal)
        await self._telling.calling(call["name"], call["args"])
        try:
            with entered(self._context(request)):
                answer = await handler(request)
        except CallNotApproved as not_approved:
            answer = _failure(request, f"Not run: {not_approved}")
        except Refusal as refused:
            answer = _failure(request, f"Refused: {refused.message}")
        except (Exception, SystemExit) as error:
            # SystemExit too: a synchronous tool's arrives here from its thread.
            _log.warning("tool %s raised\n%s", call["name"], for_the_log(error))
            answer = _failure(request, f"Failed: {type(error).__name__}: {error}")
        return await self._told(request, answer)

    async def _told(self, request: ToolCallRequest, answer: ToolAnswer) -> ToolAnswer:
        if not isinstance(answer, ToolMessage):
            return answer
        call = request.tool_call
        if answer.status == "error":
            self._budget.note_failure(call["name"], call["args"])
        text = answer.text
        await self._telling.called(call["name"], text, succeeded=answer.status != "error")
        limit = self._spec.limits.result_max_chars
        if len(text) <= limit:
            return answer
        cut = f"{text[:limit]}\n[cut: {len(text):,} characters in all]"
        return answer.model_copy(update={"content": cut, "artifact": None})

    def _context(self, request: ToolCallRequest) -> CallContext:
        """Whose call this is, for the gate behind the tool; the channel is the task's own."""
        call_id = request.tool_call["id"]
        said = (m for m in reversed(request.state["messages"]) if isinstance(m, AIMessage))
        asked_by = (m.id for m in said if any(c["id"] == call_id for c in m.tool_calls))
        return CallContext(
            agent=self._spec.name,
            person=self._task.requester_id,
            team=self._task.team_id,
            run_id=self._task.run_id,
            message_id=next(asked_by, None),
            tool_call_id=call_id,
            card_channel=self._task.channel_id,
            thread_ts=self._task.thread_ts,
            channel=self._task.channel_id,
        )


def _failure(request: ToolCallRequest, text: str) -> ToolMessage:
    call = request.tool_call
    return ToolMessage(content=text, tool_call_id=call["id"], name=call["name"], status="error")


def http_client(model: ModelSettings) -> httpx.AsyncClient:
    """A connection pool for one task; the caller closes it. Reads certificates, so from a thread.

    A model on this machine is reached directly: a proxy set for the network cannot see it.
    """
    local = urlsplit(model.base_url).hostname in _LOOPBACK
    return httpx.AsyncClient(timeout=model.timeout_s, trust_env=not local)


def build_agent(
    spec: AgentSpec, middleware: TaskMiddleware, client: httpx.AsyncClient
) -> Callable[[str], Awaitable[str]]:
    """Build the agent and return the function that runs it: prompt in, last text out.

    Compiling takes tens of milliseconds, so it is called in a thread.
    """
    model = ChatOpenAI(
        base_url=spec.model.base_url,
        model=spec.model.model,
        api_key=spec.model.api_key,
        max_retries=spec.model.retries,
        timeout=spec.model.timeout_s,
        streaming=True,
        stream_usage=True,
        http_async_client=client,
        http_socket_options=(),  # of the client that is not used; else it warns of every proxy
    )
    tools = [contained(tool) for tool in spec.tools]
    agent: Any = create_agent(
        model, tools, system_prompt=spec.system_prompt, middleware=[middleware]
    )
    limits = {"recursion_limit": (spec.limits.model_turns_max + 1) * _STEPS_PER_TURN}

    async def run(prompt: str) -> str:
        state = await agent.ainvoke({"messages": [{"role": "user", "content": prompt}]}, limits)
        return str(state["messages"][-1].text).strip()

    return run


def explain(error: Exception, model: ModelSettings) -> str | None:
    """What a failed call of the model means for the person who asked, or None if it was not one."""
    match error:
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return f"The model refused the API key ({error.status_code}). Check it in the settings."
        case openai.RateLimitError():
            return "The model's provider says we ask too much. Try again in a minute."
        case openai.APITimeoutError():
            return f"The model did not answer within {model.timeout_s:g} s."
        case openai.APIConnectionError():
            return f"The model at {model.base_url} cannot be reached."
        case openai.APIStatusError():
            return f"The model answered with an error ({error.status_code}): {error.message}"
    return None
