"""One open connection of the stream: what is sent over it, and how it ends.

Made by the stream for each program that came in. Sending waits while the other side does not read;
ending does not, because who must not hear more may be the one who never reads.
"""

import asyncio
import contextlib
import socket
from enum import IntEnum

from aiohttp import web
from pydantic import BaseModel

from approvals.domain import strict_json

HELLO_WITHIN_S = 5.0
DEAD_AFTER_S = 40.0
"""A peer that answers no ping for half of this is gone."""
CLOSING_WITHIN_S = 1.0
"""In that time who begins to read at last may learn why it ended."""
SEND_BUFFER_BYTES = 128 * 1024
"""Of the system, for each connection: by itself it would take millions for who never reads."""
_REASON_MAX_BYTES = 120


class CloseCode(IntEnum):
    """Why the gateway ends a connection."""

    GOING_AWAY = 1001
    """It shuts down: come again in a moment."""
    NOT_TEXT = 1003
    TRY_AGAIN = 1013
    """You read too slowly, or it cannot be known whether your key is in force."""
    KEY_REFUSED = 4401
    """The key is not in force, or not any more."""
    NO_HELLO = 4408
    """Nothing came that says who you are."""


class Line:
    """One connection."""

    def __init__(self) -> None:
        self.ws = web.WebSocketResponse(
            timeout=CLOSING_WITHIN_S,
            heartbeat=DEAD_AFTER_S,
            # Who ended it and was answered says nothing more: browsers take a second end amiss.
            autoclose=False,
            # Nothing is decompressed (case R14), and only the size as it comes counts.
            compress=False,
            max_msg_size=strict_json.SIZE_MAX_BYTES,
            writer_limit=0,
            decode_text=False,
        )
        self.sent_at_s = 0.0
        """By the loop's clock."""
        self._transport: asyncio.Transport | None = None
        self._beat: asyncio.Task[None] | None = None
        self._end: asyncio.Task[None] | None = None
        self._left = asyncio.Event()

    async def open(self, request: web.Request) -> None:
        """Upgrade *request*."""
        self._transport = request.transport
        if self._transport is not None:
            plug = self._transport.get_extra_info("socket")
            if plug is not None:
                plug.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        await self.ws.prepare(request)
        self._note_sent()

    @property
    def is_ending(self) -> bool:
        """Whether nothing more is to be sent."""
        return self._end is not None or self.ws.closed

    async def send(self, told: BaseModel | bytes) -> None:
        """Send a message once the other side has room for it.

        Raises:
            ConnectionError: nobody is there any more.
        """
        if self.is_ending:
            raise ConnectionResetError
        raw = told if isinstance(told, bytes) else told.model_dump_json().encode()
        await self.ws.send_frame(raw, web.WSMsgType.TEXT)
        self._note_sent()

    def beat(self, heartbeat: BaseModel) -> None:
        """Send a heartbeat, unless one is still on its way."""
        if self._beat is None or self._beat.done():
            self._beat = asyncio.create_task(self._sent_if_there(heartbeat))

    async def _sent_if_there(self, told: BaseModel) -> None:
        with contextlib.suppress(ConnectionError):
            await self.send(told)

    def end(self, code: CloseCode, why: str = "") -> asyncio.Task[None]:
        """End the connection while somebody still reads from it; nothing more is sent."""
        if self._end is None:
            self._end = asyncio.create_task(self._ended(code, why))
        return self._end

    async def leave(self, code: CloseCode, why: str = "") -> None:
        """End the connection; called by who reads from it."""
        with contextlib.suppress(TimeoutError, ConnectionError):
            async with asyncio.timeout(CLOSING_WITHIN_S):
                await self.ws.close(code=code, message=_reason(why), drain=False)

    def is_left(self) -> None:
        """Note that nobody reads from it any more."""
        self._left.set()
        if self._end is not None and self._transport is not None:
            self._transport.close()

    async def _ended(self, code: CloseCode, why: str) -> None:
        try:
            async with asyncio.timeout(CLOSING_WITHIN_S):
                # Whoever reads goes on until the other side has answered.
                said = code.to_bytes(2, "big") + _reason(why)
                await self.ws.send_frame(said, web.WSMsgType.CLOSE)
                await self._left.wait()
        except (TimeoutError, ConnectionError):
            pass
        finally:
            # What is left in the buffer of who does not read would keep it for ever.
            if self._transport is not None and not self._left.is_set():
                self._transport.abort()

    def _note_sent(self) -> None:
        self.sent_at_s = asyncio.get_running_loop().time()


def _reason(why: str) -> bytes:
    return why.encode()[:_REASON_MAX_BYTES].decode(errors="ignore").encode()
