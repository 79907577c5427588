"""The gateway's own loops: the outbox, the sleeper for follow-ups, the call log, the policy watch.

Started and stopped by the composition root; bounded, one task each, woken by commits instead of
polling. A failure is logged and tried again; it never ends a loop.
"""

import asyncio
import functools
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from approvals.domain.errors import StoreUnavailable
from approvals.domain.jobs import Job, JobKind
from approvals.operations.answerer import AgentAnswers
from approvals.operations.deliver_answer import deliver_answer
from approvals.operations.deliver_callback import deliver_callback
from approvals.operations.deliver_freeze import FreezeMessenger, deliver_freeze
from approvals.operations.deliver_outbox import deliver, take_jobs
from approvals.operations.deliver_reminder import deliver_reminder
from approvals.operations.deliver_run import deliver_run
from approvals.operations.deliver_webhook import deliver_webhook
from approvals.operations.desk import Desk
from approvals.operations.policy_news import PolicyMessenger, deliver_policy_news
from approvals.operations.ports import Committed, Messenger
from approvals.operations.publish_home import HomeMessenger, deliver_home
from approvals.operations.put_off_job import put_off_job
from approvals.operations.record_calls import CallLog
from approvals.operations.reminder_messenger import ReminderMessenger
from approvals.operations.run_messenger import RunMessenger
from approvals.operations.send_follow_ups import FOLLOW_UPS_MAX, send_follow_ups
from approvals.operations.webhook_sender import WebhookSender
from bot.lanes import PLACES, Lanes

_log = logging.getLogger("sayso.background")

RETRY_AFTER = timedelta(seconds=1)
SLEEP_MAX = timedelta(seconds=60)
"""The longest sleep of a loop: it bounds the harm of a wrong clock and of a lost wake-up."""
DELIVERIES_MAX = 64
ANSWERS_MAX = 16
"""Agents that are asked at once. They take their time, so no card waits for them."""
FINISH_WITHIN = timedelta(seconds=2)
"""How long a shutdown waits for the cards being drawn."""


async def _sleep(nudge: asyncio.Event, seconds: float) -> None:
    """Sleep until nudged or until *seconds* have passed; not at all when that is none."""
    if seconds <= 0:
        return
    try:
        async with asyncio.timeout(seconds):
            await nudge.wait()
    except TimeoutError:
        return


class Sleeper:
    """One sleeper for all follow-ups: it wakes at the earliest due moment of any request."""

    def __init__(self, desk: Desk) -> None:
        """Listen to commits, so that an earlier due moment wakes it."""
        self._desk = desk
        self._nudge = asyncio.Event()
        self._wakes_at: datetime | None = None
        desk.store.on_commit(self._hear)

    def _hear(self, news: Committed) -> None:
        due_at = news.next_due_at
        if due_at is not None and (self._wakes_at is None or due_at < self._wakes_at):
            self._nudge.set()

    async def run(self) -> None:
        """Follow up for ever; overdue requests are handled at once. One query a wake-up."""
        while True:
            self._nudge.clear()
            # Until the store has answered, any news may be earlier than its answer.
            self._wakes_at = None
            try:
                seconds = await self._turn()
            except Exception as fault:
                seconds = _wait_after("Follow-ups wait", fault)
            await _sleep(self._nudge, seconds)

    async def _turn(self) -> float:
        """Follow up what is due and return how many seconds there is nothing to do."""
        self._wakes_at = await self._desk.store.next_due_at()
        seconds = _seconds_until(self._wakes_at, self._desk.clock.now())
        if seconds <= 0:
            while await send_follow_ups(self._desk) >= FOLLOW_UPS_MAX:
                pass
        return seconds


class CardMessenger(Messenger, ReminderMessenger, PolicyMessenger, Protocol):
    """Tells everything about requests, and what they are judged by."""


Deliver = Callable[[Job], Awaitable[None]]
"""Makes what one job is about true outside, and finishes or postpones the job."""


def deliveries(
    desk: Desk,
    messenger: CardMessenger,
    run_messenger: RunMessenger | None = None,
    home_messenger: HomeMessenger | None = None,
    *,
    webhooks: WebhookSender | None = None,
    agents: AgentAnswers | None = None,
    freeze_messenger: FreezeMessenger | None = None,
) -> Mapping[JobKind, Deliver]:
    """Return how each kind of job is delivered; what there is nobody to deliver through waits."""
    found: dict[JobKind, Deliver] = {
        JobKind.CARD: functools.partial(deliver, desk, messenger),
        JobKind.REMINDER: functools.partial(deliver_reminder, desk, messenger),
        JobKind.POLICY: functools.partial(deliver_policy_news, desk, messenger),
    }
    if webhooks is not None:
        found[JobKind.WEBHOOK] = functools.partial(deliver_webhook, desk, webhooks)
        found[JobKind.CALLBACK] = functools.partial(deliver_callback, desk, webhooks)
    if agents is not None:
        found[JobKind.ANSWER] = functools.partial(deliver_answer, desk, agents)
    if run_messenger is not None:
        found[JobKind.RUN] = functools.partial(deliver_run, desk, run_messenger)
    if home_messenger is not None:
        found[JobKind.HOME] = functools.partial(deliver_home, desk, home_messenger)
    if freeze_messenger is not None:
        found[JobKind.FREEZE] = functools.partial(deliver_freeze, desk, freeze_messenger)
    return found


class Outbox:
    """Takes due jobs and delivers them side by side; the messenger paces each channel.

    A `resume` job takes as long as an agent works: it is handed over instead, and whoever takes it
    finishes it, so that no agent keeps a card waiting.

    A job whose lease ends while this process still delivers it waits for that delivery: the same
    card is never posted twice side by side.
    """

    def __init__(
        self,
        desk: Desk,
        deliver: Mapping[JobKind, Deliver],
        *,
        resume: Callable[[Job], None] | None = None,
    ) -> None:
        """Listen to commits, so that a new job is taken at once.

        Args:
            desk: The ports.
            deliver: How each kind of job is delivered; a kind that is missing waits.
            resume: Takes `resume` jobs; they wait where there is nobody to take them.
        """
        self._desk = desk
        self._deliver_of = deliver
        self._resume = resume
        self._nudge = asyncio.Event()
        self._is_hurried = False
        self._deliveries: set[asyncio.Task[None]] = set()
        self._answers: set[asyncio.Task[None]] = set()
        self._lanes, self._in_lanes = Lanes(), set[asyncio.Task[None]]()
        self._aside = {JobKind.ANSWER: self._answers, **dict.fromkeys(PLACES, self._in_lanes)}
        self._again: dict[tuple[JobKind, str], Job | None] = {}
        """Jobs in delivery, each with its later claim, if its lease has ended meanwhile."""
        desk.store.on_commit(self._hear)

    def _hear(self, news: Committed) -> None:
        if news.has_jobs:
            self._nudge.set()

    def hurry(self) -> None:
        """Deliver now what waits after failures: Slack is back."""
        self._is_hurried = True
        self._nudge.set()

    async def run(self) -> None:
        """Deliver for ever. Cancelled, it ends what it is drawing, within FINISH_WITHIN.

        What is not done by then is left for the next start.
        """
        try:
            while True:
                self._nudge.clear()
                try:
                    seconds = await self._turn()
                except Exception as fault:
                    seconds = _wait_after("The outbox waits", fault)
                await _sleep(self._nudge, seconds)
        finally:
            await self._finish()

    async def _turn(self) -> float:
        """Start what is due and return how many seconds there is nothing to do."""
        if self._is_hurried:
            now = self._desk.clock.now()
            await self._desk.store.write(lambda tx: tx.hasten_jobs(now))
            self._is_hurried = False
        next_at = await self._desk.store.next_job_at()
        seconds = _seconds_until(next_at, self._desk.clock.now())
        if seconds <= 0:
            for job in await take_jobs(self._desk):
                await self._start(job)
        return seconds

    async def _start(self, job: Job) -> None:
        if job.kind is JobKind.RESUME and self._resume is not None:
            self._resume(job)
            return
        place = (job.kind, job.subject)
        if place in self._again:
            self._again[place] = job
            return
        under_way = self._aside.get(job.kind, self._deliveries)
        if job.kind is JobKind.ANSWER and len(under_way) >= ANSWERS_MAX:
            return  # it is due again when its lease ends
        self._again[place] = None
        while under_way is self._deliveries and len(under_way) >= DELIVERIES_MAX:
            await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        delivery = asyncio.create_task(self._deliver(job))
        under_way.add(delivery)
        delivery.add_done_callback(under_way.discard)

    async def _deliver(self, job: Job) -> None:
        place = (job.kind, job.subject)
        claimed: Job | None = job
        while claimed is not None:
            async with self._lanes.place(job.kind):
                # It may have been claimed anew while it waited for its turn.
                claimed, self._again[place] = self._again[place] or claimed, None
                await self._attempt(claimed)
            claimed = self._again[place]
        del self._again[place]

    async def _attempt(self, job: Job) -> None:
        deliver = self._deliver_of.get(job.kind)
        if deliver is None:
            _log.warning("Job %s:%s waits: nobody here delivers its kind", job.kind, job.subject)
            return
        try:
            await deliver(job)
            return
        except StoreUnavailable as refusal:
            _log.error("Job %s:%s waits: %s", job.kind, job.subject, refusal.message)
        except Exception:
            # The edge of a loop: one broken job must not end the delivery of all others.
            _log.exception("Job %s:%s failed; it is tried again", job.kind, job.subject)
        await put_off_job(self._desk, job)

    async def _finish(self) -> None:
        for answer in self._answers:  # it is asked again at the next start
            answer.cancel()
        await asyncio.gather(*self._answers, return_exceptions=True)
        under_way = self._deliveries | self._in_lanes
        if not under_way:
            return
        # A post cut off in the middle leaves a card in the channel that no row knows.
        _, late = await asyncio.wait(under_way, timeout=FINISH_WITHIN.total_seconds())
        for delivery in late:
            delivery.cancel()
        await asyncio.gather(*late, return_exceptions=True)


def _wait_after(what: str, fault: Exception) -> float:
    """Log at the edge of a loop what stopped this turn; return the seconds to the next."""
    if isinstance(fault, StoreUnavailable):
        _log.error("%s: %s", what, fault.message)
    else:
        _log.error("%s; it is tried again", what, exc_info=fault)
    return RETRY_AFTER.total_seconds()


def _seconds_until(at: datetime | None, now: datetime) -> float:
    longest = SLEEP_MAX.total_seconds()
    return longest if at is None else min((at - now).total_seconds(), longest)


async def flush_calls(desk: Desk, call_log: CallLog) -> None:
    """Write the audit of allowed and denied calls as soon as it is due, for ever."""
    while True:
        await call_log.until_due()
        try:
            await call_log.flush(desk)
        except Exception as fault:
            await asyncio.sleep(_wait_after(f"{len(call_log)} calls wait for the audit log", fault))


async def every(period: timedelta, work: Callable[[], Awaitable[None]]) -> None:
    """Do *work* every *period*, for ever; its failures are logged."""
    while True:
        await asyncio.sleep(period.total_seconds())
        try:
            await work()
        except Exception:
            _log.exception("A periodic task failed; it is tried again")
