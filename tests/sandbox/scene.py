"""What a provocation of an error code works with."""

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.clock import SteppedClock
from bot.sandbox.server import LocalSlack
from tests.sandbox.given import modal

CHANNEL = "C0PROD"


class Scene:
    """What a provocation works with: the client, the local Slack, its clock, and short cuts."""

    def __init__(self, slack: LocalSlack, client: AsyncWebClient, clock: SteppedClock) -> None:
        self.slack = slack
        self.client = client
        self.clock = clock

    def with_token(self, token: str | None) -> AsyncWebClient:
        """Another client of the same local Slack."""
        return AsyncWebClient(token=token, base_url=self.slack.base_url)

    async def post(self, **arguments: Any) -> str:
        """Post something as the app; returns its ts."""
        posted = await self.client.chat_postMessage(
            **{"channel": CHANNEL, "text": "hello", **arguments}
        )
        return str(posted["ts"])

    async def update(self, ts: str, **arguments: Any) -> object:
        """Update a message of the app."""
        return await self.client.chat_update(channel=CHANNEL, ts=ts, **arguments)

    def trigger(self, person_id: str = "U0BOB") -> str:
        """A trigger_id as an interaction gives it."""
        return self.slack.triggers.issue(person_id)

    async def open(self, **changes: Any) -> dict[str, Any]:
        """Open a modal for Bob; returns the view."""
        opened = await self.client.views_open(trigger_id=self.trigger(), view=modal(**changes))
        view: dict[str, Any] = opened["view"]
        return view

    async def push(self, **changes: Any) -> object:
        """Push a modal for Bob."""
        return await self.client.views_push(trigger_id=self.trigger(), view=modal(**changes))
