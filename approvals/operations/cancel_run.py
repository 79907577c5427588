"""A person cancels an agent task: at once, whether it runs, waits in line or waits for people.

Called by the button on its root message and by the command. What it asks is withdrawn with it;
the task runner hears of the commit and stops what runs. Its thread tells which words it never read.
"""

from approvals.domain import run_errors
from approvals.domain.ids import RunId, TeamId, UserId
from approvals.domain.run import Run, RunCause
from approvals.domain.run_lifecycle import RunEvent, advance_run
from approvals.operations.check_starter import may_cancel
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction
from approvals.operations.save_run import close_requests, save_run_step


async def cancel_run(desk: Desk, run_id: RunId, *, person: UserId, team: TeamId) -> Run:
    """End the run because *person* says so.

    Raises:
        RunUnknown, RunEnded
        TaskNotAllowed, IdentityUnverified, or why the person may never steer anything.
        StoreUnavailable: nothing was stored.
    """
    known = await desk.store.write(lambda tx: tx.run(run_id, locked=False))
    if known is None:
        raise run_errors.RunUnknown
    await may_cancel(desk, known, person=person, team=team)

    def unit(tx: Transaction) -> Run:
        run = tx.run(run_id)
        if run is None:
            raise run_errors.RunUnknown
        step = advance_run(
            run, RunEvent.CANCEL, now=desk.clock.now(), cause=RunCause.PERSON, by=person
        )
        save_run_step(tx, step)
        close_requests(tx, desk, step.run, by=person)
        return step.run

    return await desk.store.write(unit)
