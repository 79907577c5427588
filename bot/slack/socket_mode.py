"""Socket Mode: our connections to Slack, kept alive, and what their greetings tell.

Envelopes go to `Ingress`; an ack is sent for each unless the ingress withholds it. Slack gives
each payload to one arbitrary connection of the app, so a greeting that counts more connections than
are ours means that another process answers half of the clicks: health says so.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.app import Ingress
from bot.slack.health import CONNECTIONS_MAX, CONNECTIONS_NEAR_LIMIT, SlackHealth
from bot.slack.slack_settings import SlackSettings
from bot.slack.web_api import LOGGER as SDK_LOGGER
from bot.slack.web_api import proxy_for

LOGGER = logging.getLogger("sayso.slack")


REPLACED_FOR_S = 60.0
"""How long Slack may count a connection that was replaced."""


class GuardedHandler(AsyncSocketModeHandler):
    """Bolt's handler with our ingress between the socket and the app."""

    ingress: Ingress

    async def handle(  # type: ignore[override]
        self, client: SocketModeClient, req: SocketModeRequest
    ) -> None:
        """Answer one envelope."""
        ack = await self.ingress.receive(req.payload, headers=_retry_headers(req))
        if ack.is_sent:
            response = SocketModeResponse(envelope_id=req.envelope_id, payload=ack.payload)
            await client.send_socket_mode_response(response)


def _retry_headers(req: SocketModeRequest) -> dict[str, str]:
    named = {
        "x-slack-retry-num": req.retry_attempt,
        "x-slack-retry-reason": req.retry_reason,
    }
    return {name: str(value) for name, value in named.items() if value is not None}


class SocketMode:
    """The Socket Mode connections of one process."""

    def __init__(
        self, app: AsyncApp, ingress: Ingress, *, settings: SlackSettings, health: SlackHealth
    ) -> None:
        self._app = app
        self._ingress = ingress
        self._settings = settings
        self._health = health
        self._handlers: list[GuardedHandler] = []
        self._greeted: WeakSet[AsyncBaseSocketModeClient] = WeakSet()
        self._renewed_at_s: WeakKeyDictionary[AsyncBaseSocketModeClient, float] = (
            WeakKeyDictionary()
        )
        self._last_pong = 0.0
        self._watch: asyncio.Task[None] | None = None

    async def connect(self, client: AsyncWebClient, *, within_s: float = 30.0) -> None:
        """Open the connections; they reconnect by themselves from then on.

        Raises:
            TimeoutError: no connection came up in time.
        """
        async with asyncio.timeout(within_s):
            for _ in range(self._settings.connections):
                handler = self._handler(client)
                self._handlers.append(handler)
                await handler.connect_async()  # type: ignore[no-untyped-call]
        self._health.is_connected = True
        self._health.connections_wanted = self._health.connections_up = len(self._handlers)
        self._watch = asyncio.create_task(self._watch_connections(), name="slack connections")

    async def close(self) -> None:
        """Close every connection and end their tasks."""
        tasks = [self._watch] if self._watch else []
        for handler in self._handlers:
            tasks += _tasks_of(handler.client)
            await handler.close_async()  # type: ignore[no-untyped-call]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._health.is_connected = False

    def _handler(self, client: AsyncWebClient) -> GuardedHandler:
        handler = GuardedHandler(
            self._app,
            app_token=self._settings.app_token,
            logger=SDK_LOGGER,
            web_client=client,
            ping_interval=self._settings.ping_every_s,
        )
        handler.ingress = self._ingress
        handler.client.proxy = proxy_for(self._settings)
        handler.client.message_listeners.append(self._on_message)
        return handler

    async def _on_message(
        self, client: AsyncBaseSocketModeClient, message: dict[str, Any], _: str | None = None
    ) -> None:
        self._health.heard_at_s = time.monotonic()
        if message.get("type") == "disconnect":
            self._health.goodbye = str(message.get("reason"))
        seen = message.get("num_connections")
        if message.get("type") == "hello" and isinstance(seen, int):
            self._health.goodbye = None
            self._health.answered()
            self._count(client, seen)

    def _count(self, client: AsyncBaseSocketModeClient, seen: int) -> None:
        """Note how many connections of the app Slack counts, and how many cannot be ours."""
        now_s = time.monotonic()
        if client in self._greeted:
            self._renewed_at_s[client] = now_s
        self._greeted.add(client)
        # Slack may still count a connection that was replaced a moment ago.
        replaced = sum(now_s - at_s < REPLACED_FOR_S for at_s in self._renewed_at_s.values())
        own = len(self._handlers) + replaced
        self._health.connections_seen = seen
        self._health.connections_foreign = max(0, seen - own)
        if seen > own:
            LOGGER.warning(
                "Slack counts %d connections of this app and %d are ours: another process may be"
                " using the same app; its clicks and ours go to either at random",
                seen,
                len(self._handlers),
            )
        if seen >= CONNECTIONS_NEAR_LIMIT:
            LOGGER.warning("Slack counts %d of at most %d connections", seen, CONNECTIONS_MAX)

    async def _watch_connections(self) -> None:
        """Keep `health.is_connected` true to what the sockets are."""
        while True:
            await asyncio.sleep(min(1.0, self._settings.ping_every_s))
            states = [await handler.client.is_connected() for handler in self._handlers]
            if any(states) != self._health.is_connected:
                LOGGER.warning("connection to Slack %s", "is back" if any(states) else "lost")
            self._health.is_connected = any(states)
            self._health.connections_up = sum(states)
            self._hear_pongs(states)

    def _hear_pongs(self, states: Sequence[bool]) -> None:
        """Note when Slack last answered: a loss is noticed only after a while without answers.

        Slack's library notes the first ping of a connection as if it were answered, so only those
        that stand are asked.
        """
        up = (handler for handler, is_up in zip(self._handlers, states, strict=True) if is_up)
        pong = max((each.client.last_ping_pong_time or 0.0 for each in up), default=0.0)
        if pong > self._last_pong:
            self._last_pong = pong
            self._health.heard_at_s = time.monotonic()


def _tasks_of(client: SocketModeClient) -> list[asyncio.Task[Any]]:
    futures = (client.message_processor, client.current_session_monitor, client.message_receiver)
    return [each for each in futures if isinstance(each, asyncio.Task)]
