"""The ends of questions asked elsewhere, heard on one WebSocket for all of them.

Used by `remote_gateway`. While the stream is down, or cannot be opened, each question is asked for
by long poll (`remote_waiting`), so that nothing depends on it but how many connections there are.
Who begins to follow a question is first told how it stands, so nothing is missed in between.
"""

import asyncio
import json
import logging
import ssl
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from approvals.domain.approval_request import Status
from approvals.domain.ids import RequestId
from approvals.gate import stream_wire, wire
from approvals.gate.remote_door import Trouble
from approvals.gate.remote_http import BODY_MAX_BYTES, HttpClient
from approvals.gate.remote_patience import Patience
from approvals.gate.remote_waiting import TIME_IS_OVER, LongPoll, waits_until

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

OPEN_WITHIN_S = 10.0
SETTLED_WITHIN_S = 2.0
"""How long a question waits to hear whether the stream can be opened."""
SWEEP_S = 120.0
"""So often a question is asked for all the same: what the stream forgot is found then."""
_quiet = logging.Logger("websockets")  # its own log would hold the key
_quiet.disabled = True
_log = logging.getLogger("sayso.gate")


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where one call waits for news of its request."""

    news: "asyncio.Future[wire.Approval | None]"
    expires_at: datetime
    """As the call knows it; people may put it off."""

    def tell(self, approval: wire.Approval | None) -> None:
        """Hand over what is new; None: the stream has nothing to say any more."""
        is_known = (
            approval is not None
            and approval.status is Status.PENDING
            and approval.expires_at == self.expires_at
        )
        if not is_known and not self.news.done():
            self.news.set_result(approval)


@dataclass(slots=True, kw_only=True, eq=False)
class Streamed:
    """Implements `remote_waiting.Endings`; see the module."""

    http: HttpClient
    patience: Patience
    polling: LongPoll
    _waiting: dict[RequestId, set[Place]] = field(default_factory=dict)
    _connection: "ClientConnection | None" = None
    _settled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while it is known whether the stream is up."""
    _keeping: "asyncio.Task[None] | None" = None

    async def ended(self, approval: wire.Approval, *, since: float) -> wire.Approval:
        """See `Endings.ended`."""
        grace_s = self.patience.times.grace_s
        while approval.status is Status.PENDING:
            until = waits_until(approval, since=since, grace_s=grace_s)
            told = await self._told(approval, until=until)
            if told is None:
                told = await self.polling.looked(RequestId(approval.id), until=until)
            approval = told
        return approval

    async def close(self) -> None:
        """End the stream; whoever waits goes on by long poll."""
        if self._keeping is not None:
            self._keeping.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeping

    async def _told(self, approval: wire.Approval, *, until: float) -> wire.Approval | None:
        """Return what is new of the request; None where the stream cannot tell it now.

        Raises:
            Trouble: the time is over.
        """
        await self._known()
        loop, request_id = asyncio.get_running_loop(), RequestId(approval.id)
        place = Place(loop.create_future(), approval.expires_at)
        self._waiting.setdefault(request_id, set()).add(place)
        try:
            if not await self._follow([request_id]):
                return None
            async with asyncio.timeout_at(min(until, loop.time() + SWEEP_S)):
                return await place.news
        except TimeoutError:
            if loop.time() < until:
                return None
            raise Trouble(TIME_IS_OVER) from None
        finally:
            self._waiting[request_id].discard(place)
            if not self._waiting[request_id]:
                del self._waiting[request_id]

    async def _known(self) -> None:
        """Return once it is known whether the stream is up, or a moment later."""
        if self._keeping is None:
            self._keeping = asyncio.get_running_loop().create_task(self._keep())
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLED_WITHIN_S):
                await self._settled.wait()

    async def _keep(self) -> None:
        """Hold the stream open for as long as the gate is."""
        pause_s = self.patience.times.again_s
        while True:
            try:
                await self._open_once()
                pause_s = self.patience.times.again_s
            except ImportError:
                _log.info("The package websockets is not here: questions are asked for one by one.")
                self._settled.set()
                return
            except Exception as trouble:  # whatever it is, long poll does without the stream
                _log.debug("No stream: %s", type(trouble).__name__)
            finally:
                self._down()
            self._settled.set()
            await self.patience.pause(self.patience.by_chance(pause_s))
            pause_s = min(pause_s * 2, self.patience.times.again_max_s)

    async def _open_once(self) -> None:
        from approvals.gate.remote_socket import opened

        address, tls = self.http.address, self.http.tls
        if address.is_tls and tls is None:
            tls = ssl.create_default_context()
        headers = {"Authorization": f"Bearer {self.http.secret.text}"}
        url = f"{'wss' if address.is_tls else 'ws'}://{address.netloc}{address.prefix}/v1/stream"
        connecting = opened(
            url,
            ssl=tls if address.is_tls else None,
            additional_headers=headers,
            user_agent_header="sayso",
            proxy=None,
            compression=None,
            max_size=BODY_MAX_BYTES,
            open_timeout=OPEN_WITHIN_S,
            ping_interval=None,  # the gateway's heartbeats say more: that it works
            close_timeout=1,
            logger=_quiet,
        )
        async with connecting as connection:
            await self._listen(connection)

    async def _listen(self, connection: "ClientConnection") -> None:
        async with asyncio.timeout(OPEN_WITHIN_S):
            welcome = stream_wire.Welcome.model_validate_json(await connection.recv())
        self._connection = connection
        await self._follow(list(self._waiting))
        self._settled.set()
        silence_s = 2.0 * max(1, welcome.heartbeat_s)
        while True:
            async with asyncio.timeout(silence_s):
                heard = await connection.recv()
            await self._hear(heard)

    async def _hear(self, heard: str | bytes) -> None:
        """Tell those who wait what has ended; raises ValueError for what is no message."""
        said = json.loads(heard)
        kind = said.get("type") if isinstance(said, dict) else None
        if kind == "approval":
            approval = stream_wire.Changed.model_validate(said).approval
            self._tell(RequestId(approval.id), approval)
        elif kind == "followed":
            for each in stream_wire.Followed.model_validate(said).unknown:
                self._tell(RequestId(each), None)
        elif kind == "resync":
            await self._follow(list(self._waiting))
        elif kind == "problem":  # what was said to it was not heard
            raise ValueError("The stream refuses what it was told.")

    async def _follow(self, request_ids: Collection[RequestId]) -> bool:
        """Ask to be told of these; False where the stream is down."""
        connection, wanted = self._connection, list(request_ids)
        if connection is None:
            return False
        try:
            for start in range(0, len(wanted), stream_wire.IDS_MAX):
                part = wanted[start : start + stream_wire.IDS_MAX]
                await connection.send(_said(part))
        except Exception:  # it closed meanwhile
            return False
        return True

    def _tell(self, request_id: RequestId, approval: wire.Approval | None) -> None:
        for place in self._waiting.get(request_id, ()):
            place.tell(approval)

    def _down(self) -> None:
        """Send those who wait to long poll."""
        self._connection = None
        for request_id in list(self._waiting):
            self._tell(request_id, None)


def _said(request_ids: list[RequestId]) -> str:
    """Return what asks to follow these."""
    return json.dumps({"type": "follow", "ref": "follow", "ids": request_ids})
