"""Slack's own client of one connection, which asks for its address as politely as all our calls.

Left alone, each connection waits out a Retry-After by itself while the others go on asking, and one
whose address did not work tries that address for ever, although Slack gives it out for one use.
Used by `socket_mode`.
"""

import asyncio
from logging import Logger
from typing import Any

from slack_sdk.socket_mode.aiohttp import SocketModeClient

from bot.slack.slack_settings import SlackSettings
from bot.slack.web_api import SlackBusy, WebApi, proxy_for

METHOD = "apps.connections.open"


class Addresses:
    """Asks Slack for the addresses of all connections of this process, one at a time."""

    def __init__(self, api: WebApi) -> None:
        """*api* speaks with the app token."""
        self._api = api
        self._one_at_a_time = asyncio.Lock()

    async def new(self) -> str:
        """Return an address for one connection, once Slack gives one.

        Raises:
            CallFailed: it gives none.
        """
        async with self._one_at_a_time:
            while True:
                try:
                    return str((await self._api.call(METHOD))["url"])
                except SlackBusy as busy:
                    await asyncio.sleep(busy.retry_after_s)


class PoliteClient(SocketModeClient):
    """One connection, which opens itself again whenever it is lost."""

    def __init__(self, addresses: Addresses, *, settings: SlackSettings, logger: Logger) -> None:
        """Prepare; `connect` opens it."""
        super().__init__(
            app_token=settings.app_token or "",
            logger=logger,
            ping_interval=settings.ping_every_s,
        )
        self.proxy = proxy_for(settings)
        self._addresses = addresses

    async def issue_new_wss_url(self) -> str:
        """Return an address for the next connection.

        Raises:
            CallFailed: there is none.
        """
        return await self._addresses.new()

    def forget_address(self) -> None:
        """Let the next attempt ask for an address of its own."""
        self.wss_uri = None

    @property
    def tasks(self) -> list[asyncio.Task[Any]]:
        """What runs for it."""
        futures = (self.message_processor, self.current_session_monitor, self.message_receiver)
        return [each for each in futures if isinstance(each, asyncio.Task)]
