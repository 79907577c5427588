"""Make one person's App Home show what is true: when they open it, and when that changes.

`open_home` is called by the door when Slack says it was opened, `deliver_home` by the outbox for a
`home` job, which the job of a card enqueues. Drawing it twice is harmless; one that Slack does not
take is drawn when it is opened again.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol

from approvals.domain.errors import Refusal, StoreUnavailable
from approvals.domain.home import Home
from approvals.domain.ids import UserId
from approvals.domain.jobs import Job
from approvals.operations.check_reader import Reader
from approvals.operations.desk import Desk
from approvals.operations.ports import NotNow, Undeliverable
from approvals.operations.read_home import HomeContent, read_home
from approvals.operations.retry import retry_after

ATTEMPTS_MAX = 5


class HomeMessenger(Protocol):
    """Puts App Homes where people see them. Raises Undeliverable or NotNow."""

    async def publish(
        self, user: UserId, read: Callable[[], Awaitable[HomeContent | Refusal]]
    ) -> None:
        """Show the App Home of *user*, *read* at its turn: what is in it, or why nothing is."""
        ...


async def open_home(desk: Desk, messenger: HomeMessenger, reader: Reader) -> None:
    """Show *reader* their App Home, and keep it true from now on.

    Raises:
        StoreUnavailable, Undeliverable, NotNow
    """
    home = Home(user=reader.user, team=reader.team, opened_at=desk.clock.now())
    await desk.store.write(lambda tx: tx.save_home(home))
    await publish_home(desk, messenger, reader)


async def publish_home(desk: Desk, messenger: HomeMessenger, reader: Reader) -> None:
    """Show *reader* their App Home as it is now.

    Raises:
        StoreUnavailable, Undeliverable, NotNow
    """

    async def read() -> HomeContent | Refusal:
        try:
            return await read_home(desk, reader)
        except StoreUnavailable:
            raise
        except Refusal as refusal:
            return refusal

    await messenger.publish(reader.user, read)


async def deliver_home(desk: Desk, messenger: HomeMessenger, job: Job) -> None:
    """Make the App Home of the job's person show what is true, and finish or postpone the job.

    Raises:
        StoreUnavailable: nothing was stored; the job is due again when its lease ends.
    """
    home = await desk.store.write(lambda tx: tx.home(UserId(job.subject)))
    if home is not None:
        try:
            await publish_home(desk, messenger, Reader(user=home.user, team=home.team))
        except NotNow as reason:
            if reason.retry_after_s is not None or job.attempt < ATTEMPTS_MAX:
                await _postpone(desk, job, reason)
                return
        except Undeliverable:
            pass  # without a Home tab there is nothing to keep true; opening it draws it again
    await desk.store.write(lambda tx: tx.finish_job(job))


async def _postpone(desk: Desk, job: Job, reason: NotNow) -> None:
    told = reason.retry_after_s
    wait = retry_after(job.attempt) if told is None else timedelta(seconds=told)
    again_at = desk.clock.now() + wait
    is_failure = told is None
    await desk.store.write(lambda tx: tx.postpone_job(job, again_at, is_failure=is_failure))
