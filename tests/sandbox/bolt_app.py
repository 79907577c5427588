"""A real Bolt app for the tests: it is connected to a local Slack and remembers what it heard."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import LocalSlack


class BoltApp:
    """The app, its client, and the bodies of everything it was sent (`heard`)."""

    def __init__(self, slack: LocalSlack) -> None:
        self.client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        self.bolt = AsyncApp(client=self.client, signing_secret=slack.signing_secret)
        self.handler = AsyncSocketModeHandler(self.bolt, app_token=slack.app_token)
        self.heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    @classmethod
    @asynccontextmanager
    async def connected(cls, slack: LocalSlack) -> AsyncIterator["BoltApp"]:
        """Connect over Socket Mode until the block ends."""
        app = cls(slack)
        await app.handler.connect_async()  # type: ignore[no-untyped-call]
        await until(lambda: slack.sockets.connection_count > 0)
        try:
            yield app
        finally:
            await app.handler.close_async()  # type: ignore[no-untyped-call]


async def until(true: Any, within_s: float = 5.0) -> None:
    """Wait until the condition holds."""
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(0.005)


def hear(app: BoltApp) -> None:
    """Acknowledge everything and remember its body."""

    async def take(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        app.heard.put_nowait(body)

    for action_id in ("risk", "boxes", "day", "approve", "more"):
        app.bolt.action(action_id)(take)
    app.bolt.view("form")(take)
    app.bolt.view_closed("form")(take)
    app.bolt.message_shortcut("sayso:hand_to_agent")(take)
    for event in ("app_home_opened", "app_mention", "message"):
        app.bolt.event(event)(take)
