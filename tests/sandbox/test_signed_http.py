"""Signed HTTP delivery to a real Bolt app behind aiohttp: signatures, answers, event retries."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import LocalSlack
from tests.sandbox.conftest import QUICK
from tests.sandbox.given import CARD


class Receiver:
    """A Bolt app behind a request URL. `statuses` are what it answered; `slow_s` delays it."""

    def __init__(self) -> None:
        self.url = ""
        self.bolt: AsyncApp | None = None
        self.statuses: list[int] = []
        self.bodies: list[dict[str, Any]] = []
        self.retries: list[str | None] = []
        self.slow_s = 0.0
        self.headers: dict[str, str] = {}

    async def take(self, request: web.Request) -> web.Response:
        assert self.bolt is not None
        self.retries.append(request.headers.get("X-Slack-Retry-Num"))
        await asyncio.sleep(self.slow_s)
        bolt_request = await to_bolt_request(request)
        response = await to_aiohttp_response(await self.bolt.async_dispatch(bolt_request))
        response.headers.update(self.headers)
        self.statuses.append(response.status)
        return response


@asynccontextmanager
async def _listening(receiver: Receiver) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_post("/slack/events", receiver.take)
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    try:
        yield
    finally:
        await runner.cleanup()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A request URL that listens; its Bolt app is set by `slack`."""
    made = Receiver()
    async with _listening(made):
        yield made


@pytest.fixture
async def slack(receiver: Receiver) -> AsyncIterator[LocalSlack]:
    """A local Slack that delivers to the receiver."""
    async with LocalSlack.running(signed_http_url=receiver.url, pace=QUICK) as running:
        client = AsyncWebClient(token=running.bot_token, base_url=running.base_url)
        receiver.bolt = AsyncApp(
            client=client, signing_secret=running.signing_secret, process_before_response=True
        )
        _listen(receiver, receiver.bolt)
        yield running


def _listen(receiver: Receiver, bolt: AsyncApp) -> None:
    @bolt.action("approve")
    async def approve(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        receiver.bodies.append(body)

    @bolt.command("/agent")
    async def agent(ack: Any, body: dict[str, Any]) -> None:
        await ack("on it")
        receiver.bodies.append(body)

    @bolt.event("app_home_opened")
    async def home(event: dict[str, Any]) -> None:
        receiver.bodies.append(event)


async def test_a_click_a_command_and_an_event_arrive_signed(
    slack: LocalSlack, receiver: Receiver
) -> None:
    assert receiver.bolt is not None
    posted = await receiver.bolt.client.chat_postMessage(
        channel="C0PROD", text="Restart?", blocks=CARD
    )

    click = await slack.interactions.click(
        "U0BOB", channel="C0PROD", ts=str(posted["ts"]), action_id="approve"
    )
    command = await slack.interactions.slash_command("U0ALICE", "C0PROD", "/agent a & b")
    home = await slack.interactions.open_home("U0ALICE")

    assert (click.acked, command.acked, home.acked) == (True, True, True)
    assert receiver.bodies[0]["type"] == "block_actions"
    assert receiver.bodies[1]["text"] == "a & b"
    assert receiver.bodies[1]["is_enterprise_install"] == "false"
    assert receiver.bodies[2]["tab"] == "home"
    assert [m.text for m in slack.workspace.ephemerals("U0ALICE")] == ["on it"]


async def test_a_wrong_secret_is_refused_by_the_app_and_the_person_sees_a_warning(
    slack: LocalSlack, receiver: Receiver
) -> None:
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
    receiver.bolt = AsyncApp(client=client, signing_secret="another secret")
    posted = await client.chat_postMessage(channel="C0PROD", text="Restart?", blocks=CARD)

    result = await slack.interactions.click(
        "U0BOB", channel="C0PROD", ts=str(posted["ts"]), action_id="approve"
    )

    shown = slack.workspace.message("C0PROD", str(posted["ts"]))
    assert receiver.statuses == [401]
    assert result.error == "dispatch_failed"
    assert shown is not None
    assert shown.warnings[0].error == "dispatch_failed"


async def test_an_event_that_fails_is_sent_three_more_times_with_its_number(
    slack: LocalSlack, receiver: Receiver
) -> None:
    receiver.bolt = AsyncApp(
        client=AsyncWebClient(token=slack.bot_token, base_url=slack.base_url),
        signing_secret=slack.signing_secret,
    )

    await slack.interactions.open_home("U0ALICE")
    await slack.settled()

    assert receiver.retries == [None, "1", "2", "3"]
    assert receiver.statuses == [404] * 4


async def test_an_app_can_stop_the_retries(slack: LocalSlack, receiver: Receiver) -> None:
    receiver.bolt = AsyncApp(
        client=AsyncWebClient(token=slack.bot_token, base_url=slack.base_url),
        signing_secret=slack.signing_secret,
    )
    receiver.headers = {"x-slack-no-retry": "1"}

    await slack.interactions.open_home("U0ALICE")
    await slack.settled()

    assert receiver.retries == [None]


async def test_an_app_that_takes_too_long_times_out(slack: LocalSlack, receiver: Receiver) -> None:
    receiver.slow_s = 1.3

    result = await slack.interactions.slash_command("U0ALICE", "C0PROD", "/agent go")

    [said] = slack.workspace.ephemerals("U0ALICE")
    assert result.error == "operation_timeout"
    assert said.text == '/agent failed with the error "operation_timeout"'
