"""Make channels and cards tell whether a scope is frozen; end its freeze when its time is over.

Called by the outbox for a `freeze` job. Cards of pending requests are drawn anew, each channel is
told once of each freeze and of its end, and while a freeze with an end stands its job waits for it.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

from approvals.domain.errors import ChannelUnknown
from approvals.domain.freeze import Freeze
from approvals.domain.ids import ChannelId, RequestId
from approvals.domain.jobs import Job
from approvals.domain.jobs_after import card_job
from approvals.operations.desk import Desk
from approvals.operations.freeze import end_freeze
from approvals.operations.ports import NotNow, Transaction, Undeliverable
from approvals.operations.retry import retry_after
from approvals.operations.tell_homes import tell_watched_homes

REDRAWN_MAX = 100
"""How many cards one transaction asks to be drawn."""
_log = logging.getLogger("sayso.freeze")


class FreezeMessenger(Protocol):
    """Tells a channel of a freeze. Raises Undeliverable or NotNow."""

    async def tell_freeze(self, channel: ChannelId, freeze: Freeze) -> None:
        """Post that *freeze* is in force, or that it has ended."""
        ...


async def deliver_freeze(desk: Desk, messenger: FreezeMessenger, job: Job) -> None:
    """Tell everybody how the scope of *job* stands, and finish or postpone the job.

    Raises:
        StoreUnavailable: nothing more was stored; the job is due again when its lease ends.
    """
    freeze = await desk.store.write(lambda tx: _latest(tx, desk, job.subject))
    if freeze is None:
        await desk.store.write(lambda tx: tx.finish_job(job))
        return
    await _redraw(desk, freeze)
    waits = []
    for channel in _channels(desk, freeze):
        wait = await _tell(desk, messenger, channel, freeze, attempt=job.attempt)
        waits += [] if wait is None else [wait]
    await desk.store.write(lambda tx: _give_back(tx, desk, job, freeze, max(waits, default=None)))


def _latest(tx: Transaction, desk: Desk, scope: str) -> Freeze | None:
    freeze = tx.freeze(scope)
    if freeze is None or freeze.ended_at is not None or not freeze.is_over(desk.clock.now()):
        return freeze
    return end_freeze(tx, desk, freeze, by=None)


def _state(freeze: Freeze) -> str:
    return f"{freeze.id}:{'ended' if freeze.ended_at else 'started'}"


async def _redraw(desk: Desk, freeze: Freeze) -> None:
    """Let the cards of pending requests show it, once for each of its states."""
    fact, state = f"freeze.drawn:{freeze.scope}", _state(freeze)
    if await desk.store.write(lambda tx: tx.fact(fact)) == state:
        return
    waiting = await desk.store.write(lambda tx: tx.pending_ids())
    for start in range(0, len(waiting), REDRAWN_MAX):
        await _redraw_some(desk, freeze, waiting[start : start + REDRAWN_MAX])
    await desk.store.write(lambda tx: _drawn(tx, desk, fact, state))


def _drawn(tx: Transaction, desk: Desk, fact: str, state: str) -> None:
    tx.set_fact(fact, state)
    tell_watched_homes(tx, desk)


async def _redraw_some(desk: Desk, freeze: Freeze, some: Sequence[RequestId]) -> None:
    def unit(tx: Transaction) -> None:
        for request_id in some:
            try:
                request = tx.request(request_id)
            except Exception:  # whatever is wrong with it, the others show it and channels hear
                _log.exception("Request %s cannot be read; its card is not drawn", request_id)
                continue
            if request is None or not request.is_pending:
                continue
            if freeze.covers(request.requirement.channel, request.channel):
                shown = replace(request, version=request.version + 1)
                tx.save_request(shown)
                tx.enqueue(card_job(shown, desk.clock.now()))

    await desk.store.write(unit)


def _channels(desk: Desk, freeze: Freeze) -> Sequence[ChannelId]:
    policy = desk.policy()
    if freeze.is_everywhere:
        return tuple(channel.id for channel in policy.channels)
    try:
        return (policy.channel(freeze.scope).id,)
    except ChannelUnknown:
        return ()  # the policy has it no more: nothing can be asked there


async def _tell(
    desk: Desk, messenger: FreezeMessenger, channel: ChannelId, freeze: Freeze, *, attempt: int
) -> timedelta | None:
    """Tell *channel* unless it was told; return how long to wait before it is tried again."""
    fact, state = f"freeze.told:{freeze.scope}:{channel}", _state(freeze)
    told = await desk.store.write(lambda tx: tx.fact(fact))
    knows_of_it = told is not None and told.startswith(f"{freeze.id}:")
    if told == state or (freeze.ended_at and not knows_of_it):
        return None
    try:
        await messenger.tell_freeze(channel, freeze)
    except NotNow as reason:
        failed = retry_after(attempt)
        return failed if reason.retry_after_s is None else timedelta(seconds=reason.retry_after_s)
    except Undeliverable as refused:
        _log.error("%s cannot be told of the freeze of %s: %s", channel, freeze.scope, refused.code)
    await desk.store.write(lambda tx: tx.set_fact(fact, state))
    return None


def _give_back(
    tx: Transaction, desk: Desk, job: Job, freeze: Freeze, wait: timedelta | None
) -> None:
    moments = [] if wait is None else [desk.clock.now() + wait]
    if freeze.ended_at is None and freeze.ends_at is not None:
        moments.append(freeze.ends_at)
    if not moments:
        tx.finish_job(job)
        return
    tx.postpone_job(job, min(moments), is_failure=wait is not None)
