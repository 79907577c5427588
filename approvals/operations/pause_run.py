"""A turn ended with calls that wait for people: give the lease up, leave nothing in memory.

Called by the task runner. A decision that came while the turn still ran found nobody to resume;
so this transaction looks at what the run waits for and queues it again if there is an answer.
"""

from collections.abc import Sequence

from approvals.domain import run_errors
from approvals.domain.approval_request import Status
from approvals.domain.ids import RequestId, RunId
from approvals.domain.permit import PermitState
from approvals.domain.run import Run
from approvals.domain.run_lifecycle import RunEvent, advance_run, resume_job
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction
from approvals.operations.save_run import save_run_step


async def pause_run(desk: Desk, run_id: RunId, awaiting: Sequence[RequestId]) -> Run:
    """Make the run `paused`; it is queued again at once if any of *awaiting* is answered.

    Args:
        desk: The ports.
        run_id: The run, which this process must hold.
        awaiting: The requests its turn stopped at.

    Raises:
        RunUnknown
        RunEnded, RunNotReady: it was cancelled or taken by another meanwhile.
        StoreUnavailable: nothing was stored.
    """

    def unit(tx: Transaction) -> Run:
        run = tx.run(run_id)
        if run is None:
            raise run_errors.RunUnknown
        step = advance_run(run, RunEvent.PAUSE, now=desk.clock.now())
        save_run_step(tx, step)
        if not awaiting or any(_is_answered(tx, request_id) for request_id in awaiting):
            tx.enqueue(resume_job(step.run, desk.clock.now()))
        return step.run

    return await desk.store.write(unit)


def _is_answered(tx: Transaction, request_id: RequestId) -> bool:
    # Not locked: an answer stored after this look brings its own job, which finds the run paused.
    request, permit = tx.request(request_id, locked=False), tx.permit(request_id)
    if request is None:
        return True
    if request.status is Status.APPROVED and permit is not None:
        return permit.state is not PermitState.UNKNOWN or permit.settlement is not None
    return not request.is_pending
