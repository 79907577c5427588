"""How long and how often a gateway elsewhere is tried: backoff with chance in it, and its end.

Used by `remote_gateway` for everything it sends. Time is the loop's monotonic clock.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from approvals.gate.remote_door import Trouble

Answer = TypeVar("Answer")
_chance = secrets.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Seconds."""

    poll_s: int = 25
    """How long the gateway is asked to hold an answer back until there is one."""
    poll_gap_s: float = 1.0
    """Between two looks at least, whatever the gateway does."""
    asked_within_s: float = 30.0
    """Until then a question has to be known to be stored, else the call is not made."""
    grace_s: float = 30.0
    """After the end of a question's own time: by then the gateway has told it."""
    again_s: float = 0.25
    """The first pause after trouble; doubled each time, half of it by chance."""
    again_max_s: float = 10.0
    report_s: float = 2.0
    """How long a caller's result waits for its report to arrive; then it goes on by itself."""
    flush_s: float = 10.0
    """How long closing waits for what has still to be told."""


@dataclass(slots=True, kw_only=True)
class Patience:
    """Tries again until an answer counts or the time is over; see the module."""

    times: Times
    _hurry: asyncio.Event = field(default_factory=asyncio.Event)

    async def persist(
        self, attempt: Callable[[], Awaitable[Answer]], *, until: float = float("inf")
    ) -> Answer:
        """Return what *attempt* returns, once it does.

        Raises:
            Trouble: the last one, when there was no answer *until* then by the loop's clock.
            Refused: at once.
        """
        now, pause_s = asyncio.get_running_loop().time, self.times.again_s
        while True:
            last: Trouble | None = None
            try:
                async with asyncio.timeout_at(until if until < float("inf") else None):
                    return await attempt()
            except TimeoutError:
                raise Trouble("The gateway did not answer in time.") from None
            except Trouble as trouble:
                last = trouble
            wait_s = max(self.by_chance(pause_s), last.retry_after_s or 0.0)
            if now() + wait_s >= until:
                raise last
            await self.pause(wait_s)
            pause_s = min(pause_s * 2, self.times.again_max_s)

    @staticmethod
    def by_chance(pause_s: float) -> float:
        """Return the half of a pause to the whole of it."""
        return pause_s * _chance.uniform(0.5, 1.0)

    async def pause(self, wait_s: float) -> None:
        """Wait, unless there is no time for it any more."""
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._hurry.wait()
                await asyncio.sleep(min(wait_s, self.times.again_s))

    def hurry(self) -> None:
        """End the pauses there are, and keep those to come short."""
        self._hurry.set()
