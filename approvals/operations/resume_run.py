"""Take a run that waits: the lease goes to this process, once, whoever else tries.

Called by the task runner for a `resume` job. The job is finished with the taking, in one
transaction, so that a crash before it leaves the job and a crash after it leaves the lease, which
`recover` gives up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from approvals.domain.freeze import covering
from approvals.domain.ids import RunId
from approvals.domain.jobs import Job
from approvals.domain.run import Run, RunNote, RunStatus, RunThread
from approvals.domain.run_lifecycle import RunEvent, advance_run
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction
from approvals.operations.save_run import save_run_step

FROZEN_LOOK_AFTER = timedelta(seconds=5)
_WAITING = frozenset({RunStatus.QUEUED, RunStatus.PAUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenRun:
    """A run under our lease, with what its runner needs."""

    run: Run
    thread: RunThread


async def resume_run(desk: Desk, job: Job) -> TakenRun | None:
    """Take the run *job* is about and finish the job; None when there is nothing to go on with.

    A run that is frozen stays as it is, and its job is looked at again.

    A run that is `running` looks by itself, when it pauses, for what was decided meanwhile.

    Raises:
        StoreUnavailable: nothing was stored; the job is due again when its lease ends.
    """

    def unit(tx: Transaction) -> TakenRun | None:
        run, thread = tx.run(RunId(job.subject)), tx.run_thread(RunId(job.subject))
        if run is None or thread is None or run.status not in _WAITING:
            tx.finish_job(job)
            return None
        now = desk.clock.now()
        if _is_frozen(tx, run, now):
            tx.postpone_job(job, now + FROZEN_LOOK_AFTER, is_failure=False)
            return None
        tx.finish_job(job)
        step = advance_run(run, RunEvent.TAKE, now=now, owner=desk.owner)
        save_run_step(tx, step)
        return TakenRun(run=step.run, thread=thread)

    return await desk.store.write(unit)


async def hear_notes(desk: Desk, note_ids: Sequence[str]) -> None:
    """Note that the agent of a run reads these words now."""

    def unit(tx: Transaction) -> None:
        for note_id in note_ids:
            tx.hear_note(note_id, desk.clock.now())

    await desk.store.write(unit)


def _is_frozen(tx: Transaction, run: Run, now: datetime) -> bool:
    """Whether anything the run could go on with is frozen; none of it is locked."""
    freezes = tx.freezes()
    if not freezes:
        return False
    asked = tx.requests_of_run(run.id, locked=False)
    policies = (request.requirement.channel for request in asked)
    return covering(freezes, run.channel, *policies, now=now) is not None


async def read_notes(desk: Desk, run_id: RunId) -> tuple[RunNote, ...]:
    """Return the words kept for a run, oldest first, whether it has heard them or not."""
    return await desk.store.write(lambda tx: tuple(tx.notes(run_id)))
