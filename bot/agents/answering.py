"""An approver's question to a task of the bot, answered by its model while the task waits.

Called by the composition root's `AgentAnswers`. The checkpoint is read and not written: the pause
is not resumed, no tool is offered, and the conversation does not hear of it (ADR-0033). What it
costs counts against the run's limits.
"""

import logging
from collections.abc import Sequence
from typing import Any

from approvals.domain.approval_request import ApprovalRequest
from approvals.domain.asked_back import AskedBack
from approvals.domain.errors import Refusal
from approvals.domain.run import Run
from approvals.operations.answerer import CannotAnswer, Said
from approvals.operations.desk import Desk
from bot.agents import budget
from bot.agents.built_agents import BuiltAgents
from bot.agents.checkpoints import can_wait
from bot.agents.conversation import since
from bot.agents.errors import ModelFailed
from bot.agents.spec import AgentSpec
from bot.agents.stretch import StretchParts
from bot.agents.telling import for_the_log

_log = logging.getLogger(__name__)
_ASKED = (
    "[An approver who decides about your call of {tool} asks you something before deciding. Answer "
    "in a few plain sentences, from what you know; say so where you do not know. You cannot call "
    "tools now, nothing runs for your answer, and it approves nothing.]\n{question}"
)


async def answer_for_run(parts: StretchParts, request: ApprovalRequest, asked: AskedBack) -> Said:
    """Return what the model of the request's run says.

    Raises:
        CannotAnswer: it cannot be asked, or its answer cannot be used.
    """
    run = await _run(parts.desk, request)
    spec = parts.find_agent(run.agent)
    if spec is None:
        raise CannotAnswer(f"The agent {run.agent} is not configured any more.")
    try:
        messages = await _messages(parts.agents, spec, run)
        _refuse_over_limit(spec, run, messages)
        question = _ASKED.format(tool=request.call.tool, question=asked.question)
        message = await parts.agents.ask(spec, messages, question)
    except ModelFailed as failed:
        raise CannotAnswer(str(failed)) from failed
    except Refusal as refusal:
        raise CannotAnswer(refusal.message) from refusal
    except Exception as error:
        if can_wait(error):
            raise CannotAnswer("The task's conversation cannot be read now. Ask again.") from error
        raise
    usage = message.usage_metadata or {}
    return Said(
        text=str(message.text),
        tokens_in=usage.get("input_tokens", 0),
        tokens_out=usage.get("output_tokens", 0),
    )


async def _run(desk: Desk, request: ApprovalRequest) -> Run:
    run_id = request.run_id
    assert run_id is not None
    run = await desk.store.write(lambda tx: tx.run(run_id, locked=False))
    if run is None or run.has_ended:
        raise CannotAnswer("The task has ended.")
    return run


async def _messages(agents: BuiltAgents, spec: AgentSpec, run: Run) -> Sequence[Any]:
    graph = await agents.graph(spec)
    state = await graph.aget_state({"configurable": {"thread_id": run.conversation}})
    messages: Sequence[Any] = state.values.get("messages", [])
    return messages


def _refuse_over_limit(spec: AgentSpec, run: Run, messages: Sequence[Any]) -> None:
    so_far = budget.spent(since(messages, run.id)).with_tokens(run.aside_in, run.aside_out)
    why = budget.refuse_words(so_far, spec.limits, model=spec.model)
    if why is not None:
        _log.info("run %s is not asked: %s", run.id, for_the_log(why))
        raise CannotAnswer(f"The task may not spend more: {why}.")
