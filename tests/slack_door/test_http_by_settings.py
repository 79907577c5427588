"""The same gateway over signed HTTP: a setting makes the difference, and no socket is opened."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from approvals.gate import Gate
from bot.bootstrap import Running, running_gateway
from bot.sandbox.server import LocalSlack
from bot.settings import read_settings
from bot.slack import buttons
from bot.slack.signed_http import SLACK_PATH
from tests.security.whole_gateway import BOB, POLICY, PROD, eventually


@asynccontextmanager
async def over_http(place: Path, slack: LocalSlack, secret: str) -> AsyncIterator[Running]:
    (place / "policy.yml").write_text(POLICY, "utf-8")
    (place / "secret").write_text(secret, "utf-8")
    environment = {
        "SLACK_BASE_URL": slack.base_url,
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET_FILE": str(place / "secret"),
        "SAYSO_SLACK_TRANSPORT": "http",
        "SAYSO_POLICY": str(place / "policy.yml"),
        "SAYSO_DATA": str(place / "data"),
        "SAYSO_HTTP_PORT": "0",
    }
    async with running_gateway(read_settings(environment)) as running:
        courier = slack.signed_http(f"{running.url.rstrip('/')}{SLACK_PATH}")
        slack.connect(courier)
        yield running
        await courier.close()


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack.running() as opened:
        yield opened


async def clicked_on_a_call(running: Running, slack: LocalSlack) -> tuple[bool, list[str]]:
    """Guard a call, press Approve on its card; return whether Slack was answered, and what ran."""
    gate, ran = Gate(agent="deploy-bot"), list[str]()
    gate.use(running.gateway)

    @gate.guard
    async def restart(service: str) -> None:
        ran.append(service)

    calling = asyncio.create_task(restart("checkout"))
    await eventually(lambda: bool(slack.workspace.messages(PROD)))
    (card,) = slack.workspace.messages(PROD)
    result = await slack.interactions.click(
        BOB, channel=PROD, ts=card.ts, action_id=buttons.APPROVE
    )
    if not result.acked:
        calling.cancel()
    await asyncio.gather(calling, return_exceptions=True)
    return result.acked, ran


async def test_a_click_over_signed_http_lets_the_call_run(
    tmp_path: Path, slack: LocalSlack
) -> None:
    async with over_http(tmp_path, slack, slack.signing_secret) as running:
        assert await clicked_on_a_call(running, slack) == (True, ["checkout"])

    assert slack.sockets.connection_count == 0
    assert slack.calls.of("apps.connections.open") == []


async def test_a_click_signed_with_another_secret_is_not_heard(
    tmp_path: Path, slack: LocalSlack
) -> None:
    async with over_http(tmp_path, slack, "another") as running:
        assert await clicked_on_a_call(running, slack) == (False, [])
