"""A run comes to its end by itself: with an answer, or with the reason why there is none.

Called by the task runner. What it still asks is withdrawn. Words that were said too late for its
last turn become the task of the conversation's next run, so that nobody talks to the wall.
"""

from collections.abc import Collection
from dataclasses import dataclass

from approvals.domain import run_errors
from approvals.domain.ids import RunId
from approvals.domain.run import Run, RunCause
from approvals.domain.run_lifecycle import RunEvent, advance_run
from approvals.operations.desk import Desk
from approvals.operations.lock_conversation import lock_conversation
from approvals.operations.ports import Transaction
from approvals.operations.save_run import close_requests, save_run_step
from approvals.operations.start_run import Task, open_run


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnding:
    """How a run ended: exactly one of *answer* and *reason* is there."""

    cause: RunCause
    answer: str | None = None
    reason: str | None = None
    heard: Collection[str] = ()
    """Ids of the notes the agent has read."""


async def end_run(desk: Desk, run_id: RunId, ending: RunEnding) -> Run:
    """Store the end of a run this process holds (or of one that cannot be taken up).

    Raises:
        RunUnknown
        RunEnded: it was cancelled meanwhile; the cancelling stands.
        StoreUnavailable: nothing was stored.
    """
    next_id, nonce = RunId(desk.ids.ulid()), desk.ids.secret()

    def unit(tx: Transaction) -> Run:
        lock_conversation(tx, run_id)
        run = tx.run(run_id)
        if run is None:
            raise run_errors.RunUnknown
        event = RunEvent.SUCCEED if ending.cause is RunCause.ANSWERED else RunEvent.FAIL
        step = advance_run(
            run,
            event,
            now=desk.clock.now(),
            cause=ending.cause,
            answer=ending.answer,
            reason=ending.reason,
        )
        save_run_step(tx, step)
        close_requests(tx, desk, step.run)
        if event is RunEvent.SUCCEED:
            _go_on(tx, desk, step.run, heard=ending.heard, next_id=next_id, nonce=nonce)
        return step.run

    return await desk.store.write(unit)


def _go_on(
    tx: Transaction,
    desk: Desk,
    run: Run,
    *,
    heard: Collection[str],
    next_id: RunId,
    nonce: str,
) -> None:
    unheard = [note for note in tx.notes(run.id) if note.id not in heard]
    thread = tx.run_thread(run.id)
    if not unheard or thread is None:
        return
    task = Task(
        agent=run.agent,
        starter=unheard[0].user,
        team=run.team,
        channel=run.channel,
        text="\n".join(note.text for note in unheard),
        thread_ts=thread.replies_to,
    )
    open_run(
        tx,
        desk,
        task,
        run_id=next_id,
        nonce=nonce,
        conversation=run.conversation,
        continues=run.id,
    )
