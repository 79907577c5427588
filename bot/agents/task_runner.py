"""Runs one agent task: a prompt in, steps and one ending told to a thread.

Called by the Slack door for `/agent`. The tools it gets are guarded already; nothing here decides
whether a call may run. LangChain is loaded by `warm_up`, in a thread, or by the first task.
"""

import asyncio
import contextlib
import importlib
import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from bot.agents.budget import TaskStopped
from bot.agents.errors import AgentNotInChannel, AgentUnknown
from bot.agents.spec import AgentSpec, AgentTask
from bot.agents.telling import Telling, for_the_log
from bot.agents.thread import TaskThread

_log = logging.getLogger(__name__)
_LANGCHAIN = "bot.agents.langchain_agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult:
    """How a task ended: with an answer, or with the reason why there is none."""

    answered: bool
    text: str


async def warm_up() -> None:
    """Load LangChain without blocking the loop; tasks work without it, the first one later."""
    loop = asyncio.get_running_loop()
    loaded: asyncio.Future[None] = loop.create_future()

    def settle(failure: BaseException | None) -> None:
        if loaded.done():
            return
        if failure is None:
            loaded.set_result(None)
        else:
            loaded.set_exception(failure)

    def load() -> None:
        failure: BaseException | None = None
        try:
            importlib.import_module(_LANGCHAIN)
        except BaseException as error:
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile
            loop.call_soon_threadsafe(settle, failure)

    # A daemon: an executor's thread would hold up the end of the program until LangChain is in.
    threading.Thread(target=load, name="load-langchain", daemon=True).start()
    await loaded


def choose_agent(agents: Iterable[AgentSpec], *, channel_id: str) -> AgentSpec:
    """The first agent that may be started in *channel_id*.

    Raises:
        AgentUnknown: no agent is configured.
        AgentNotInChannel: none of them lists this channel.
    """
    configured = tuple(agents)
    if not configured:
        raise AgentUnknown("No agent is configured. Name its tools and its model in the settings.")
    for spec in configured:
        if channel_id in spec.channels:
            return spec
    raise AgentNotInChannel


async def run_task(task: AgentTask, spec: AgentSpec, thread: TaskThread) -> TaskResult:
    """Run *task* to its end and tell *thread*; failures of model and tools become the result.

    Args:
        task: What was asked, where and by whom.
        spec: The agent that does it.
        thread: Told each step and exactly one of answer and failed, unless cancelled.

    Raises:
        AgentNotInChannel: the task's channel is not in the spec; the thread was told nothing.
    """
    if task.channel_id not in spec.channels:
        raise AgentNotInChannel
    async with Telling(thread) as telling:
        result = await _run(task, spec, telling)
        await (telling.answer if result.answered else telling.failed)(result.text)
    return result


async def _run(task: AgentTask, spec: AgentSpec, telling: Telling) -> TaskResult:
    await warm_up()
    from bot.agents import langchain_agent

    middleware = langchain_agent.TaskMiddleware(task, spec, telling=telling)
    try:
        async with await asyncio.to_thread(langchain_agent.http_client, spec.model) as client:
            run = await asyncio.to_thread(langchain_agent.build_agent, spec, middleware, client)
            text = await run(task.prompt)
    except TaskStopped as stopped:
        return TaskResult(answered=False, text=str(stopped))
    except Exception as error:
        explained = langchain_agent.explain(error, spec.model)
        return TaskResult(answered=False, text=_reason(error, explained, task))
    if not text:
        return TaskResult(answered=False, text="The model ended without an answer.")
    return TaskResult(answered=True, text=text)


def _reason(error: Exception, explained: str | None, task: AgentTask) -> str:
    if explained is None:
        _log.error("task %s failed\n%s", task.run_id, for_the_log(error))
        return f"The task failed unexpectedly; the log has the details under {task.run_id}."
    _log.warning("task %s failed: %s", task.run_id, for_the_log(explained))
    return explained
