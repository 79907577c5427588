"""Have a job that broke tried again soon, instead of when its lease ends: people look at its card.

Called by the outbox for what failed in a way nobody foresaw, and for a store that was away.
"""

import asyncio
from datetime import datetime
from functools import partial

from approvals.domain.errors import StoreUnavailable
from approvals.domain.jobs import Job
from approvals.operations.desk import Desk
from approvals.operations.ports import Transaction
from approvals.operations.retry import RETRY_FIRST_AFTER, retry_after

TRIES_MAX = 60
"""A second apart; by then its lease has ended."""


async def put_off_job(desk: Desk, job: Job) -> None:
    """Give *job* back, due after a while that grows with its attempts; wait for the store."""
    for _ in range(TRIES_MAX):
        again_at = desk.clock.now() + retry_after(job.attempt)
        try:
            await desk.store.write(partial(_give_back, job=job, again_at=again_at))
        except StoreUnavailable:
            await asyncio.sleep(RETRY_FIRST_AFTER.total_seconds())
        else:
            return


def _give_back(tx: Transaction, *, job: Job, again_at: datetime) -> None:
    tx.postpone_job(job, again_at)
