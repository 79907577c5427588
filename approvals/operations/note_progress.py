"""How far a run has come, for its status line: steps, tokens, the tool being called.

Called by the task runner between steps. It is a fact with a time, not a change of status.
"""

from dataclasses import dataclass, replace

from approvals.domain.ids import RunId
from approvals.domain.run import Run, RunStatus
from approvals.domain.run_lifecycle import run_job
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a running run stands."""

    steps: int
    tokens: int
    activity: str | None = None


async def note_progress(desk: Desk, run_id: RunId, progress: Progress) -> Run | None:
    """Store *progress* and let the thread show it; None for a run that does not run any more.

    Raises:
        StoreUnavailable: nothing was stored.
    """

    def unit(tx: Transaction) -> Run | None:
        run = tx.run(run_id)
        if run is None or run.status is not RunStatus.RUNNING:
            return None
        moved = replace(
            run,
            steps=progress.steps,
            tokens=progress.tokens,
            activity=progress.activity,
            version=run.version + 1,
        )
        tx.save_run(moved)
        tx.enqueue(run_job(moved, desk.clock.now()))
        return moved

    return await desk.store.write(unit)
