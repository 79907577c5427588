"""A person gives an agent a task: store the run; its root message goes out, and then it is taken.

Called by every door through which tasks are started, once `check_starter` has agreed. Nothing of
the agent runs before people can see its thread (ADR-0020).
"""

from dataclasses import dataclass

from approvals.domain import run_errors
from approvals.domain.display import is_hidden
from approvals.domain.ids import ChannelId, ConversationId, RunId, TeamId, UserId
from approvals.domain.run import TASK_MAX_CHARS, Run, RunThread
from approvals.domain.run_lifecycle import opened_run
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction
from approvals.operations.refuse_frozen import refuse_frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a person asked of an agent, and where."""

    agent: str
    starter: UserId
    team: TeamId | None
    channel: ChannelId
    text: str
    thread_ts: str | None = None
    """The thread it was asked in, if any; it is told there."""
    said_with: str | None = None
    """The message or form it was asked with: the same again is the same task."""


async def start_run(desk: Desk, task: Task, *, run_id: RunId | None = None) -> Run:
    """Store a new run of a new conversation and return it, or the one of the same message.

    A new one gets *run_id*, where its caller has made one.

    Raises:
        TaskTooLong, TaskEmpty, Frozen
        StoreUnavailable: nothing was stored, nothing was started.
    """
    refuse_unusable(task.text)
    new_id = run_id or RunId(desk.ids.ulid())
    nonce = desk.ids.secret()

    def unit(tx: Transaction) -> Run:
        known = tx.said_with(task.said_with) if task.said_with else None
        if isinstance(known, Run):
            return known
        refuse_frozen(tx, task.channel, now=desk.clock.now())
        return open_run(
            tx, desk, task, run_id=new_id, nonce=nonce, conversation=ConversationId(new_id)
        )

    return await desk.store.write(unit)


def open_run(
    tx: Transaction,
    desk: Desk,
    task: Task,
    *,
    run_id: RunId,
    nonce: str,
    conversation: ConversationId,
    continues: RunId | None = None,
) -> Run:
    """Store the run of *task* as part of a larger unit; what is frozen is not taken meanwhile."""
    run = Run(
        id=run_id,
        agent=task.agent,
        starter=task.starter,
        team=task.team,
        channel=task.channel,
        task=task.text,
        conversation=conversation,
        continues=continues,
        said_with=task.said_with,
        created_at=desk.clock.now(),
    )
    step = opened_run(run)
    tx.add_run(run)
    tx.save_run_thread(
        RunThread(run_id=run.id, channel=run.channel, thread_ts=task.thread_ts, nonce=nonce)
    )
    tx.record(step.event)
    for job in step.jobs:
        tx.enqueue(job)
    return run


def refuse_unusable(text: str) -> None:
    """Refuse a task that no agent should be given.

    Raises:
        TaskTooLong, TaskEmpty
    """
    if all(character.isspace() or is_hidden(character) for character in text):
        raise run_errors.TaskEmpty
    if len(text) > TASK_MAX_CHARS:
        raise run_errors.TaskTooLong(
            f"The task has {len(text):,} characters; {TASK_MAX_CHARS:,} are the most. "
            "Put the long part into a file or a page and name that."
        )
