"""The loops that keep what people see true: who was away, and whether the cards still stand.

Started by the composition root. `Presence` notices every gap in which no click could arrive, a
restart and a lost connection alike; `Reconciler` sweeps at start, every few minutes and after a
gap. Both outlive every failure.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from approvals.domain.absence import ABSENCE_MIN, Absence
from approvals.domain.errors import StoreUnavailable
from approvals.domain.upkeep import LOOK_EVERY
from approvals.operations.desk import Desk
from approvals.operations.note_presence import last_present_at, note_absence, note_present
from approvals.operations.ports import Messenger
from approvals.operations.reconcile import SWEEP_MAX, reconcile

_log = logging.getLogger("sayso.convergence")

BEAT_EVERY = timedelta(seconds=2)
AHEAD = timedelta(seconds=30)
"""What falls due just after a lap is taken along: the next lap is minutes away."""


class Reconciler:
    """Sweeps over the cards, lap after lap."""

    def __init__(
        self, desk: Desk, messenger: Messenger, *, may_speak: Callable[[], Awaitable[bool]]
    ) -> None:
        """*may_speak* says whether Slack takes calls of ours at all; a lap waits until it does."""
        self._desk = desk
        self._messenger = messenger
        self._may_speak = may_speak
        self._nudge = asyncio.Event()

    def hurry(self) -> None:
        """Look at every card now, not only at those that are due."""
        self._nudge.set()

    async def run(self) -> None:
        """Sweep for ever, beginning with everything that is open."""
        self.hurry()
        while True:
            ahead = LOOK_EVERY if self._nudge.is_set() else AHEAD
            self._nudge.clear()
            try:
                if await self._may_speak():
                    await self._lap(self._desk.clock.now() + ahead)
            except StoreUnavailable as refusal:
                _log.error("Cards are not compared with Slack: %s", refusal.message)
            except Exception:
                _log.exception("Cards could not be compared with Slack; it is tried again")
            await self._until_next()

    async def _lap(self, until: datetime) -> None:
        while await reconcile(self._desk, self._messenger, until=until) >= SWEEP_MAX:
            if self._nudge.is_set():
                return

    async def _until_next(self) -> None:
        try:
            async with asyncio.timeout(LOOK_EVERY.total_seconds()):
                await self._nudge.wait()
        except TimeoutError:
            return


class Presence:
    """Notices when clicks could not arrive, and says so on the cards that were open."""

    def __init__(
        self,
        desk: Desk,
        *,
        silence: Callable[[], timedelta | None],
        on_absence: Callable[[], None],
    ) -> None:
        """*silence* says for how long Slack cannot reach us; None: it never could yet."""
        self._desk = desk
        self._silence = silence
        self._on_absence = on_absence
        self._present_at: datetime | None = None

    async def run(self) -> None:
        """Beat for ever."""
        while True:
            try:
                await self.beat()
            except StoreUnavailable as refusal:
                _log.error("Presence is not noted: %s", refusal.message)
            except Exception:
                _log.exception("Presence could not be noted; it is tried again")
            await asyncio.sleep(BEAT_EVERY.total_seconds())

    async def beat(self) -> None:
        """Note once that we are here, or that we were away.

        Raises:
            StoreUnavailable
        """
        silence, now = self._silence(), self._desk.clock.now()
        if silence is None:
            return
        if silence > timedelta(0):
            # A lost connection is noticed late: no click arrived since Slack last answered.
            self._present_at = min(self._present_at or now, now - silence)
            return
        since = self._present_at or await last_present_at(self._desk)
        is_asked = await self._desk.store.look(lambda snapshot: snapshot.count_pending()) > 0
        if since is not None and now - since > ABSENCE_MIN:
            if is_asked:
                await note_absence(self._desk, Absence(began_at=since, ended_at=now))
                self._on_absence()
            self._present_at = now
            return
        self._present_at = now
        if is_asked:
            await note_present(self._desk, now)
