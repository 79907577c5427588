"""Socket Mode: tickets, sockets, hello, envelopes and acks.

`apps.connections.open` takes a ticket from here, the app's client connects with it, and deliveries
go to one live socket each, in turn. A socket that was asked to refresh gets envelopes only while
there is no other.
"""

import asyncio
import json
import secrets
from collections import deque
from dataclasses import dataclass
from time import monotonic

from aiohttp import WSMsgType, web

from bot.sandbox.delivery.envelopes import (
    DISPATCH_FAILED,
    EVENTS_API,
    TIMED_OUT,
    Ack,
    Envelope,
)
from bot.sandbox.faults import FaultKind, Faults
from bot.sandbox.nouns import JsonObject

SOCKETS_MAX = 10
_TICKET_LIFE_S = 60.0
_GOODBYE_WITHIN_S = 0.3
_HOST = "local-slack"
_REFUSALS = frozenset({FaultKind.SERVER_ERROR})


@dataclass(eq=False, slots=True)
class _Socket:
    ws: web.WebSocketResponse
    request: web.Request
    is_leaving: bool = False

    @property
    def is_live(self) -> bool:
        return not self.is_leaving and not self.ws.closed


class SocketMode:
    """The sockets of the app, and what waits for an ack."""

    def __init__(self, *, app_id: str, ack_within_s: float, faults: Faults) -> None:
        self._app_id = app_id
        self._faults = faults
        self._ack_within_s = ack_within_s
        self._tickets: dict[str, float] = {}
        self._sockets: deque[_Socket] = deque()
        self._waiting: dict[str, asyncio.Future[JsonObject | None]] = {}

    @property
    def connection_count(self) -> int:
        """Live sockets now."""
        return sum(socket.is_live for socket in self._sockets)

    def issue_ticket(self) -> str:
        """A ticket for one connection, good for a minute."""
        now = monotonic()
        self._tickets = {t: at for t, at in self._tickets.items() if now - at < _TICKET_LIFE_S}
        ticket = secrets.token_urlsafe(24)
        self._tickets[ticket] = now
        return ticket

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """The aiohttp handler of `/link/`: one socket from hello to its end."""
        issued_at = self._tickets.pop(request.query.get("ticket", ""), None)
        if issued_at is None or monotonic() - issued_at > _TICKET_LIFE_S:
            return web.Response(status=403, text="the ticket is unknown, used or too old")
        if fault := self._faults.take(_REFUSALS, method="link"):
            return web.Response(status=fault.status)
        ws = web.WebSocketResponse(timeout=_GOODBYE_WITHIN_S)
        await ws.prepare(request)
        if self.connection_count >= SOCKETS_MAX:
            await self._say_goodbye(ws, "too_many_websockets")
            await ws.close()
            return ws
        await self._serve(_Socket(ws, request))
        return ws

    async def send(self, envelope: Envelope) -> Ack:
        """Send to one live socket; without one the dispatch fails at once."""
        socket = self._next_live()
        if socket is None:
            return Ack(error=DISPATCH_FAILED)
        waiting = self._waiting.get(envelope.id)
        if waiting is None:
            waiting = asyncio.get_running_loop().create_future()
            self._waiting[envelope.id] = waiting
        started = monotonic()
        try:
            await socket.ws.send_str(json.dumps(_frame(envelope)))
            async with asyncio.timeout(self._ack_within_s):
                answer = await asyncio.shield(waiting)
        except TimeoutError:
            return Ack(error=TIMED_OUT)
        except ConnectionError:
            return Ack(error=DISPATCH_FAILED)
        finally:
            self._waiting.pop(envelope.id, None)
        return Ack(error=None, answer=answer, after_s=monotonic() - started)

    async def refresh(self) -> None:
        """Ask every client for a new connection, as Slack does every few hours."""
        for socket in self._live():
            socket.is_leaving = True
            await self._say_goodbye(socket.ws, "refresh_requested")

    async def drop_all(self) -> None:
        """Cut every connection without a word, as a network does."""
        for socket in list(self._sockets):
            socket.is_leaving = True
            if socket.request.transport is not None:
                socket.request.transport.abort()

    async def close_all(self) -> None:
        """Close every socket; a client that does not answer is not waited for."""
        await asyncio.gather(*(socket.ws.close(code=1001) for socket in list(self._sockets)))

    def _live(self) -> list[_Socket]:
        return [socket for socket in self._sockets if socket.is_live]

    def _next_live(self) -> _Socket | None:
        self._sockets.rotate(-1)
        still_open = [socket for socket in self._sockets if not socket.ws.closed]
        return next(iter([*self._live(), *still_open]), None)

    async def _serve(self, socket: _Socket) -> None:
        self._sockets.append(socket)
        try:
            await socket.ws.send_str(json.dumps(self._hello()))
            async for frame in socket.ws:
                if frame.type is WSMsgType.TEXT:
                    self._take_ack(frame.data)
        except ConnectionError:
            pass  # the client is gone; its unacknowledged envelopes time out
        finally:
            self._sockets.remove(socket)

    def _take_ack(self, text: str) -> None:
        try:
            ack = json.loads(text)
            waiting = self._waiting.get(ack.get("envelope_id"))
        except (ValueError, AttributeError, TypeError):
            return
        if waiting is not None and not waiting.done():
            waiting.set_result(ack.get("payload") or None)

    def _hello(self) -> JsonObject:
        return {
            "type": "hello",
            "num_connections": self.connection_count,
            "debug_info": {
                "host": _HOST,
                "build_number": 1,
                "approximate_connection_time": 18060,
            },
            "connection_info": {"app_id": self._app_id},
        }

    async def _say_goodbye(self, ws: web.WebSocketResponse, reason: str) -> None:
        frame = {"type": "disconnect", "reason": reason, "debug_info": {"host": _HOST}}
        await ws.send_str(json.dumps(frame))


def _frame(envelope: Envelope) -> JsonObject:
    frame: JsonObject = {
        "envelope_id": envelope.id,
        "payload": envelope.payload,
        "type": envelope.kind,
        "accepts_response_payload": envelope.accepts_response_payload,
    }
    if envelope.kind == EVENTS_API:
        frame["retry_attempt"] = envelope.retry_attempt
        frame["retry_reason"] = envelope.retry_reason
    return frame
