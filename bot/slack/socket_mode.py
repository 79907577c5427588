"""Socket Mode: our connections to Slack, kept alive, and what their greetings tell.

Envelopes go to `Ingress`; an ack is sent for each unless the ingress withholds it. Slack gives
each payload to one arbitrary connection of the app, so a greeting that counts more connections than
are ours means that another process answers half of the clicks: health says so.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.slack.app import Ingress
from bot.slack.elapsed import elapsed_s
from bot.slack.health import CONNECTIONS_MAX, CONNECTIONS_NEAR_LIMIT, SlackHealth
from bot.slack.slack_settings import SlackSettings
from bot.slack.socket_client import Addresses, PoliteClient
from bot.slack.web_api import LOGGER as SDK_LOGGER
from bot.slack.web_api import WebApi

LOGGER = logging.getLogger("sayso.slack")


REPLACED_FOR_S = 60.0
"""How long Slack may count a connection that was replaced."""


def _retry_headers(req: SocketModeRequest) -> dict[str, str]:
    named = {
        "x-slack-retry-num": req.retry_attempt,
        "x-slack-retry-reason": req.retry_reason,
    }
    return {name: str(value) for name, value in named.items() if value is not None}


class SocketMode:
    """The Socket Mode connections of one process."""

    def __init__(self, ingress: Ingress, *, settings: SlackSettings, health: SlackHealth) -> None:
        self._ingress = ingress
        self._settings = settings
        self._health = health
        self._clients: list[PoliteClient] = []
        self._greeted: WeakSet[AsyncBaseSocketModeClient] = WeakSet()
        self._renewed_at_s: WeakKeyDictionary[AsyncBaseSocketModeClient, float] = (
            WeakKeyDictionary()
        )
        self._last_pong = 0.0
        self._watch: asyncio.Task[None] | None = None

    async def connect(self, api: WebApi, *, within_s: float = 30.0) -> None:
        """Open the connections; they reconnect by themselves. *api* speaks with the app token.

        Raises:
            TimeoutError: no connection came up in time.
        """
        addresses = Addresses(api)
        async with asyncio.timeout(within_s):
            for _ in range(self._settings.connections):
                client = self._client(addresses)
                self._clients.append(client)
                await client.connect()  # type: ignore[no-untyped-call]
        self._health.is_connected = True
        self._health.connections_wanted = self._health.connections_up = len(self._clients)
        self._watch = asyncio.create_task(self._watch_connections(), name="slack connections")

    async def close(self) -> None:
        """Close every connection and end their tasks."""
        tasks = [self._watch] if self._watch else []
        for client in self._clients:
            tasks += client.tasks
            await client.close()  # type: ignore[no-untyped-call]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._health.is_connected = False

    def _client(self, addresses: Addresses) -> PoliteClient:
        client = PoliteClient(addresses, settings=self._settings, logger=SDK_LOGGER)
        client.message_listeners.append(self._on_message)
        client.socket_mode_request_listeners.append(self._answer)
        return client

    async def _answer(self, client: AsyncBaseSocketModeClient, req: SocketModeRequest) -> None:
        """Answer one envelope."""
        ack = await self._ingress.receive(req.payload, headers=_retry_headers(req))
        if ack.is_sent:
            response = SocketModeResponse(envelope_id=req.envelope_id, payload=ack.payload)
            await client.send_socket_mode_response(response)

    async def _on_message(
        self, client: AsyncBaseSocketModeClient, message: dict[str, Any], _: str | None = None
    ) -> None:
        self._health.heard_at_s = elapsed_s()
        if message.get("type") == "disconnect":
            self._health.goodbye = str(message.get("reason"))
        seen = message.get("num_connections")
        if message.get("type") == "hello" and isinstance(seen, int):
            self._health.goodbye = None
            self._health.answered()
            self._count(client, seen)

    def _count(self, client: AsyncBaseSocketModeClient, seen: int) -> None:
        """Note how many connections of the app Slack counts, and how many cannot be ours."""
        now_s = elapsed_s()
        if client in self._greeted:
            self._renewed_at_s[client] = now_s
        self._greeted.add(client)
        # Slack may still count a connection that was replaced a moment ago.
        replaced = sum(now_s - at_s < REPLACED_FOR_S for at_s in self._renewed_at_s.values())
        own = len(self._clients) + replaced
        self._health.connections_seen = seen
        self._health.connections_foreign = max(0, seen - own)
        if seen > own:
            LOGGER.warning(
                "Slack counts %d connections of this app and %d are ours: another process may be"
                " using the same app; its clicks and ours go to either at random",
                seen,
                len(self._clients),
            )
        if seen >= CONNECTIONS_NEAR_LIMIT:
            LOGGER.warning("Slack counts %d of at most %d connections", seen, CONNECTIONS_MAX)

    async def _watch_connections(self) -> None:
        """Keep `health.is_connected` true to what the sockets are."""
        while True:
            await asyncio.sleep(min(1.0, self._settings.ping_every_s))
            states = [await client.is_connected() for client in self._clients]
            for client, is_up in zip(self._clients, states, strict=True):
                if not is_up:
                    client.forget_address()
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
        up = (client for client, is_up in zip(self._clients, states, strict=True) if is_up)
        pong = max((each.last_ping_pong_time or 0.0 for each in up), default=0.0)
        if pong > self._last_pong:
            self._last_pong = pong
            self._health.heard_at_s = elapsed_s()
