"""Tells open pages what changed, by WebSocket: only names (channel, ts), never content.

The page fetches what it shows. One bounded queue per socket; a page too slow to keep up is
disconnected and catches up when it reconnects. The version lets a page know it missed nothing.
"""

import asyncio
import secrets
from dataclasses import dataclass, field

from aiohttp import WSCloseCode, WSMsgType, web

from bot.sandbox.nouns import Change
from bot.sandbox.workspace import Workspace

_BACKLOG_MAX = 500
_CLOSING_TIMEOUT_S = 0.3
"""How long a frozen page may hold up the end; aiohttp waits ten seconds by default."""
_PRIVATE = frozenset({"ephemeral", "view", "home", "warning"})


@dataclass(slots=True, eq=False)
class _Tab:
    socket: web.WebSocketResponse
    viewer_id: str
    backlog: asyncio.Queue[dict[str, str | None] | None] = field(
        default_factory=lambda: asyncio.Queue(_BACKLOG_MAX)
    )


class Live:
    """Every open page; subscribed to the workspace from start to shutdown."""

    def __init__(self, workspace: Workspace) -> None:
        self._tabs: set[_Tab] = set()
        self._epoch = secrets.token_hex(4)
        self._changes = 0
        self._unsubscribe = workspace.subscribe(self._changed)

    @property
    def version(self) -> str:
        """Changes with every change, and with every start."""
        return f"{self._epoch}.{self._changes}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One page's socket, until either side closes it."""
        socket = web.WebSocketResponse(heartbeat=20, timeout=_CLOSING_TIMEOUT_S)
        await socket.prepare(request)
        tab = _Tab(socket=socket, viewer_id=request.query.get("as", ""))
        tab.backlog.put_nowait({"kind": "hello", "version": self.version})
        self._tabs.add(tab)
        writer = asyncio.create_task(self._write(tab))
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    tab.viewer_id = frame.data
                    # What was private to this person meanwhile was not told here.
                    self._tell(tab, {"kind": "hello", "version": self.version})
        finally:
            self._tabs.discard(tab)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        return socket

    async def close(self) -> None:
        """Close every socket; the pages reconnect when somebody listens again."""
        self._unsubscribe()
        closing = [tab.socket.close(code=WSCloseCode.GOING_AWAY) for tab in self._tabs]
        await asyncio.gather(*closing, return_exceptions=True)

    def _changed(self, change: Change) -> None:
        self._changes += 1
        told = {
            "kind": change.kind.value,
            "channel": change.channel_id,
            "ts": change.ts,
            "thread": change.thread_ts,
            "version": self.version,
        }
        for tab in self._tabs:
            if change.kind not in _PRIVATE or change.person_id == tab.viewer_id:
                self._tell(tab, told)

    def _tell(self, tab: _Tab, told: dict[str, str | None]) -> None:
        if tab.backlog.full():
            while not tab.backlog.empty():
                tab.backlog.get_nowait()
            tab.backlog.put_nowait(None)
            return
        tab.backlog.put_nowait(told)

    async def _write(self, tab: _Tab) -> None:
        while (told := await tab.backlog.get()) is not None:
            await tab.socket.send_json(told)
        await tab.socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
