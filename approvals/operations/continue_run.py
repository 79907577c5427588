"""A person says more in a run's thread: kept for a run that has not ended, else a new run.

Words never decide anything and never drop a pause (case X6); the agent reads them at its next
model turn. A run that ended goes on as a new run of the same conversation.
"""

from dataclasses import replace

from approvals.domain import run_errors
from approvals.domain.ids import RunId
from approvals.domain.run import Run, RunNote
from approvals.operations.desk import Desk
from approvals.operations.lock_conversation import lock_conversation
from approvals.operations.ports import Transaction
from approvals.operations.refuse_frozen import refuse_frozen
from approvals.operations.start_run import Task, open_run, refuse_unusable

NOTES_MAX = 50
"""Words that wait for one run; more are refused: a busy thread must not fill its next turn."""


async def continue_run(desk: Desk, run_id: RunId, said: Task) -> Run | RunNote:
    """Keep the words of *said* for the conversation of *run_id*, or start its next run.

    Args:
        desk: The ports.
        run_id: Any run of the conversation.
        said: The words, who said them and where; the agent is the conversation's.

    Raises:
        RunUnknown, TaskEmpty, TaskTooLong, TooManyNotes, Frozen
        StoreUnavailable: nothing was stored.
    """
    refuse_unusable(said.text)
    own_id, nonce = desk.ids.ulid(), desk.ids.secret()

    def unit(tx: Transaction) -> Run | RunNote:
        known = tx.said_with(said.said_with) if said.said_with else None
        if known is not None:
            return known
        conversation = lock_conversation(tx, run_id)
        newest = tx.latest_run(conversation) if conversation else None
        # Read again under its lock: it may be ending or cancelled at this moment.
        latest = tx.run(newest.id) if newest else None
        if latest is None:
            raise run_errors.RunUnknown
        if latest.has_ended:
            refuse_frozen(tx, said.channel, now=desk.clock.now())
            return open_run(
                tx,
                desk,
                replace(said, agent=latest.agent),
                run_id=RunId(own_id),
                nonce=nonce,
                conversation=latest.conversation,
                continues=latest.id,
            )
        if sum(note.heard_at is None for note in tx.notes(latest.id)) >= NOTES_MAX:
            raise run_errors.TooManyNotes
        note = RunNote(
            id=own_id,
            run_id=latest.id,
            user=said.starter,
            text=said.text,
            said_with=said.said_with,
            at=desk.clock.now(),
        )
        tx.add_note(note)
        return note

    return await desk.store.write(unit)
