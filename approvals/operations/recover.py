"""At start: what the process before us had claimed and not reported is unknown now.

Called once by the composition root before anything is served. One process owns a data directory,
so every claim of another owner belongs to a dead one.
"""

from approvals.domain.lifecycle import PermitEvent, advance_permit
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction
from approvals.operations.save_step import save_step

LOST_MAX = 100


async def recover(desk: Desk) -> int:
    """Mark every interrupted execution `unknown` and return how many there were."""
    lost = 0
    while True:
        found = await desk.store.write(lambda tx: _lose(tx, desk))
        lost += found
        if found < LOST_MAX:
            return lost


def _lose(tx: Transaction, desk: Desk) -> int:
    permits = tx.claimed_by_others(desk.owner, limit=LOST_MAX)
    for permit in permits:
        request = tx.request(permit.request_id)
        assert request is not None
        step = advance_permit(request, permit, PermitEvent.LOSE, now=desk.clock.now())
        save_step(tx, step)
    return len(permits)
