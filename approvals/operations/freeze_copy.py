"""What is frozen, as this process knows it: read on the path of allowed calls, which asks no disk.

Kept by `watch_freezes`, one loop of the gateway: commits of this process bring their change with
their news, and a small read every REFRESH_EVERY_S finds what another process did. Nothing is
allowed by a copy older than STALE_AFTER_S: the call then has to wait for the store itself.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from math import inf

from approvals.domain.errors import StoreUnavailable
from approvals.domain.freeze import Freeze, covering
from approvals.domain.ids import ChannelId
from approvals.operations.ports import Clock, Committed, Store

STALE_AFTER_S = 2.0
REFRESH_EVERY_S = 0.5
READ_WITHIN_S = 1.0
_log = logging.getLogger("sayso.freeze")


class FreezeCopy:
    """The freezes in force, with the moment at which that was known."""

    def __init__(self, store: Store, clock: Clock) -> None:
        """Start without knowing anything; how old that is, *clock* tells by elapsed time."""
        self._store = store
        self._clock = clock
        self._standing: Mapping[str, Freeze] = {}
        self._known_at_s = -inf
        self._changes = 0
        self._listeners: list[Callable[[], None]] = []
        store.on_commit(self._hear)

    @property
    def is_fresh(self) -> bool:
        """Whether what this copy says may be relied on."""
        return self._clock.elapsed_s() - self._known_at_s < STALE_AFTER_S

    def is_free(self, channel: ChannelId, elapsed_s: float) -> bool:
        """Whether *channel* is surely not frozen; *elapsed_s* is what the clock says now."""
        if elapsed_s - self._known_at_s >= STALE_AFTER_S:
            return False
        return not self._standing or self.found(channel) is None

    def found(self, *channels: ChannelId | None) -> Freeze | None:
        """Return what is in force for any of *channels*; only while `is_fresh` it can be known."""
        if not self._standing:
            return None
        return covering(self._standing.values(), *channels, now=self._clock.now())

    def in_force(self) -> tuple[Freeze, ...]:
        """Return the freezes in force, as far as is known."""
        now = self._clock.now()
        return tuple(each for each in self._standing.values() if each.is_in_force(now))

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call *listener* on the event loop whenever what is frozen may have changed."""
        self._listeners.append(listener)

    async def refresh(self) -> None:
        """Read what is in force; it is known as of the moment the read began.

        Raises:
            StoreUnavailable: it cannot be read, or not in time.
        """
        while True:
            changes, began_at_s = self._changes, self._clock.elapsed_s()
            try:
                async with asyncio.timeout(READ_WITHIN_S):
                    found = await self._store.freezes()
            except TimeoutError:
                raise StoreUnavailable("What is frozen could not be read in time.") from None
            if changes == self._changes:
                break
            # A commit of ours came in between: what was read may be older than it.
        self._known_at_s = began_at_s
        self._take({each.scope: each for each in found})

    def _hear(self, news: Committed) -> None:
        if not news.freezes:
            return
        self._changes += 1
        changed = {each.scope: each for each in news.freezes}
        kept = {scope: each for scope, each in self._standing.items() if scope not in changed}
        standing = {scope: each for scope, each in changed.items() if each.ended_at is None}
        self._take({**kept, **standing})

    def _take(self, standing: Mapping[str, Freeze]) -> None:
        before, self._standing = self._standing, standing
        if before != standing:
            for listener in self._listeners:
                listener()


async def watch_freezes(copy: FreezeCopy) -> None:
    """Keep *copy* fresh, for ever; say so when it is not, from the second failure in a row.

    One read fails by itself where the loop was held, as by the imports of a start.
    """
    failed = 0
    while True:
        try:
            await copy.refresh()
            failed = 0
        except StoreUnavailable as trouble:
            failed += 1
            if failed > 1 and not copy.is_fresh:
                _log.warning("Allowed calls wait for the store: %s", trouble.message)
        except Exception:
            _log.exception("What is frozen is not known; it is read again")
        await asyncio.sleep(REFRESH_EVERY_S)
