"""Where examples run as a reader would run them: a local Slack, settings, and Bob, who approves.

The gateway is the example's own, in its own thread and event loop; only Slack lives here.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from bot.sandbox.interactions import NoSuchPlaceError
from bot.sandbox.nouns import Message
from bot.sandbox.server import LocalSlack

ROOT = Path(__file__).parents[2]
POLICY = ROOT / "examples" / "local-slack.yml"
CHANNELS = ("C0PROD", "C0APPROVALS")
PRESSED = ("sayso:approve", "sayso:answer_0")
"""Approve; and the first option of what an agent asks people."""


@asynccontextmanager
async def a_workplace(directory: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Set the environment `sayso sandbox` prints, and let Bob approve whatever is asked."""
    (directory / "policy.yml").write_text(POLICY.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.chdir(directory)
    async with LocalSlack.running() as slack:
        for name, value in {
            "SLACK_BASE_URL": slack.base_url,
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token,
            "SAYSO_HTTP_PORT": "0",
        }.items():
            monkeypatch.setenv(name, value)
        bob = asyncio.create_task(_approve_everything(slack))
        yield
        bob.cancel()
        with suppress(asyncio.CancelledError):
            await bob


async def _approve_everything(slack: LocalSlack) -> None:
    while True:
        for channel in CHANNELS:
            for message in slack.workspace.messages(channel):
                for action in _asked(message):
                    with suppress(NoSuchPlaceError):  # answered since we looked
                        await slack.interactions.click(
                            "U0BOB", channel=channel, ts=message.ts, action_id=action
                        )
        await asyncio.sleep(0.02)


def _asked(message: Message) -> list[str]:
    drawn = {
        element.get("action_id")
        for block in message.blocks
        for element in block.get("elements", [])
    }
    return [action for action in PRESSED if action in drawn]
