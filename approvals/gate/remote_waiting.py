"""Waiting for the end of a question asked elsewhere: by long poll, for its time and a bit.

Used by `remote_gateway`. The gateway's times are compared with each other alone, and how long that
is, this machine's monotonic clock says: two clocks that disagree change nothing.
"""

import asyncio
from functools import partial
from math import ceil
from typing import Protocol

from approvals.domain.approval_request import Status
from approvals.domain.ids import RequestId
from approvals.gate import wire
from approvals.gate.remote_door import RemoteDoor, Trouble
from approvals.gate.remote_patience import Patience

TIME_IS_OVER = "The gateway has not told how this question ended, and its time is over."


class Endings(Protocol):
    """Tells when a request has ended."""

    async def ended(self, approval: wire.Approval, *, since: float) -> wire.Approval:
        """Return the request once it is no longer pending.

        Args:
            approval: as it was told last.
            since: when its asking was answered, by the loop's clock.

        Raises:
            Trouble: its time is over, and the gateway has not told how it ended.
            Refused: the gateway does not tell.
        """
        ...


class LongPoll:
    """Asks for the request again and again; the gateway holds the answer back until it ended."""

    def __init__(self, door: RemoteDoor, patience: Patience) -> None:
        """Ask at *door*."""
        self._door = door
        self._patience = patience

    async def ended(self, approval: wire.Approval, *, since: float) -> wire.Approval:
        """See `Endings.ended`."""
        while approval.status is Status.PENDING:
            until = waits_until(approval, since=since, grace_s=self._patience.times.grace_s)
            approval = await self.looked(RequestId(approval.id), until=until)
        return approval

    async def looked(self, request_id: RequestId, *, until: float) -> wire.Approval:
        """Return the request once it has ended, or a while later as it stands.

        Raises:
            Trouble: the time is over.
            Refused
        """
        try:
            return await self.look(request_id, until=until)
        except Trouble as trouble:
            raise Trouble(f"{TIME_IS_OVER} ({trouble.said})") from None

    async def look(self, request_id: RequestId, *, until: float = float("inf")) -> wire.Approval:
        """Return the request once it has ended, or a while later as it stands."""
        times, now = self._patience.times, asyncio.get_running_loop().time
        began = now()
        if began >= until:
            raise Trouble("It was asked until then.")
        wait_s = max(1, ceil(min(float(times.poll_s), until - began)))
        found = await self._patience.persist(
            partial(self._door.read, request_id, wait_s=wait_s), until=until
        )
        gap_s = times.poll_gap_s - (now() - began)
        if found.status is Status.PENDING and gap_s > 0:
            await self._patience.pause(gap_s)
        return found


def waits_until(approval: wire.Approval, *, since: float, grace_s: float) -> float:
    """Return when nobody waits for *approval* any more, by the loop's clock."""
    return since + (approval.expires_at - approval.created_at).total_seconds() + grace_s
