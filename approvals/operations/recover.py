"""At start: settle what the process before us left behind.

Called once by the composition root before anything is served. One process owns a data directory,
so every claim of another owner belongs to a dead one, and a question without a key has lost the
only caller that could have used its answer.
"""

import logging
from collections.abc import Callable

from approvals.domain import errors
from approvals.domain.approval_request import ApprovalRequest, Cause
from approvals.domain.ids import RequestId
from approvals.domain.lifecycle import PermitEvent, advance, advance_permit
from approvals.domain.run_lifecycle import RunEvent, advance_run
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction
from approvals.operations.save_run import save_run_step
from approvals.operations.save_step import save_step

BATCH_MAX = 100
_log = logging.getLogger(__name__)


async def recover(desk: Desk) -> int:
    """Mark interrupted executions `unknown`, free runs, withdraw questions nobody comes back to.

    Returns how many executions were interrupted.
    """
    await _until_done(desk, _withdraw)
    set_aside: set[RequestId] = set()
    lost = await _until_done(desk, lambda tx, desk: _lose(tx, desk, set_aside))
    # After the permits: a run that goes on must find its interrupted calls marked.
    await _until_done(desk, _lose_runs)
    return lost


async def _until_done(desk: Desk, unit: Callable[[Transaction, Desk], int]) -> int:
    total = 0
    while True:
        found = await desk.store.write(lambda tx: unit(tx, desk))
        total += found
        if found < BATCH_MAX:
            return total


def _lose(tx: Transaction, desk: Desk, set_aside: set[RequestId]) -> int:
    permits = tx.claimed_by_others(desk.owner, limit=BATCH_MAX + len(set_aside))
    found = 0
    for permit in permits:
        if permit.request_id in set_aside:
            continue
        found += 1
        request = _readable(tx, permit.request_id)
        if request is None:
            set_aside.add(permit.request_id)
            continue
        step = advance_permit(request, permit, PermitEvent.LOSE, now=desk.clock.now())
        save_step(tx, step)
    return found


def _readable(tx: Transaction, request_id: RequestId) -> ApprovalRequest | None:
    """Return the request; None for one that cannot be read, whose permit nobody can claim."""
    try:
        return tx.request(request_id)
    except errors.StoreUnavailable:
        raise
    except Exception:
        _log.exception("Request %s cannot be read; its call stays claimed", request_id)
        return None


def _lose_runs(tx: Transaction, desk: Desk) -> int:
    runs = tx.runs_of_others(desk.owner, limit=BATCH_MAX)
    for run in runs:
        save_run_step(tx, advance_run(run, RunEvent.LOSE, now=desk.clock.now()))
    return len(runs)


def _withdraw(tx: Transaction, desk: Desk) -> int:
    abandoned = tx.pending_without_key(limit=BATCH_MAX)
    for request in abandoned:
        save_step(tx, advance(request, Cause.WAITER_GONE, now=desk.clock.now()))
    return len(abandoned)
