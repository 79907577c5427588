"""Who may be slow is told in a lane of its own, so that no card waits for them (case G11).

Each kind of job here has so many places; who finds none waits for one without keeping the outbox
from other kinds. Used by the outbox in `bot/background`.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext

from approvals.domain.jobs import JobKind

PLACES: Mapping[JobKind, int] = {JobKind.WEBHOOK: 16, JobKind.CALLBACK: 16}
"""Receivers that are told at once. Each may take as long as the sender lets it."""


class Lanes:
    """The places, on the loop that first asks for one."""

    def __init__(self) -> None:
        self._places = {kind: asyncio.Semaphore(places) for kind, places in PLACES.items()}

    def place(self, kind: JobKind) -> AbstractAsyncContextManager[None]:
        """Return a place for one job of this kind, to be waited for; elsewhere there always is."""
        return self._places.get(kind) or nullcontext()
