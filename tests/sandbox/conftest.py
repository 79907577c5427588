"""Fixtures of the local Slack's tests: a running stand-in, a real client, a real Bolt app."""

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import LocalSlack, Pace
from tests.sandbox.bolt_app import BoltApp

QUICK = Pace(ack_within_s=1.0, event_retries_after_s=(0.0, 0.05, 0.05))


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    """A local Slack in memory that waits one second for an ack."""
    async with LocalSlack.running(pace=QUICK) as running:
        yield running


@pytest.fixture
def client(slack: LocalSlack) -> AsyncWebClient:
    """A real client with the bot token."""
    return AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)


@pytest.fixture
async def app(slack: LocalSlack) -> AsyncIterator[BoltApp]:
    """A real Bolt app connected over Socket Mode."""
    async with BoltApp.connected(slack) as connected:
        yield connected
