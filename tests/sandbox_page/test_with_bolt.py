"""The page, the local Slack behind it and a real Bolt app: what a person does and what they see."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest_asyncio
from playwright.async_api import expect
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.page.routes import add_page
from bot.sandbox.server import LocalSlack
from tests.browser_launch import IN_CHROMIUM
from tests.sandbox_page.cards import approval_card, closed_card, plain, reason_modal
from tests.sandbox_page.conftest import NewPage

pytestmark = IN_CHROMIUM


def approval_app(slack: LocalSlack) -> AsyncApp:
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
    app = AsyncApp(client=client, signing_secret=slack.signing_secret)

    @app.command("/agent")
    async def ask(ack: Any, command: dict[str, Any]) -> None:
        await ack()
        await client.chat_postMessage(
            channel=command["channel_id"], text=command["text"], blocks=approval_card()
        )

    @app.action("approve")
    async def approve(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        place = {"channel": body["channel"]["id"], "ts": body["message"]["ts"]}
        if body["user"]["id"] == "U0ALICE":
            await client.chat_postEphemeral(
                channel=place["channel"], user="U0ALICE", text="Not your own request."
            )
            return
        await client.chat_update(**place, text="Approved", blocks=closed_card())
        await client.chat_postMessage(
            channel=place["channel"], thread_ts=place["ts"], text="It ran."
        )

    @app.action("reject")
    async def reject(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=reason_modal())

    @app.view("reject")
    async def reason(ack: Any, view: dict[str, Any]) -> None:
        given = view["state"]["values"]["reason"]["text"]["value"]
        if not given:
            await ack(response_action="errors", errors={"reason": "Say why."})
            return
        await ack()
        await client.chat_postMessage(channel="C0PROD", text=f"Rejected: {given}")

    @app.event("app_home_opened")
    async def home(event: dict[str, Any]) -> None:
        blocks = [{"type": "header", "text": plain("Nothing waits")}]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    return app


@asynccontextmanager
async def connected(slack: LocalSlack) -> AsyncIterator[None]:
    handler = AsyncSocketModeHandler(approval_app(slack), slack.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


@pytest_asyncio.fixture(loop_scope="session")
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack.running(add_routes=(add_page,)) as running, connected(running):
        yield running


async def test_a_command_asks_a_click_answers_and_the_card_tells(
    slack: LocalSlack, new_page: NewPage
) -> None:
    page = await new_page()
    await page.goto(slack.url)
    await page.get_by_role("textbox", name="Message").fill("/agent restart checkout")
    await page.keyboard.press("Enter")
    approve = page.get_by_role("button", name="Approve")
    await approve.click()
    await expect(page.get_by_text("Not your own request.")).to_be_visible()
    await page.get_by_label("You are").select_option(label="Bob Larsen (Approver)")
    await approve.click()
    await expect(page.get_by_role("heading", name="Approved: k8s.restart")).to_be_visible()
    await page.get_by_role("link", name="1 reply").click()
    await expect(page.get_by_role("region", name="Thread").get_by_text("It ran.")).to_be_visible()


async def test_rejecting_asks_for_a_reason_and_shows_the_apps_error_first(
    slack: LocalSlack, new_page: NewPage
) -> None:
    page = await new_page()
    await page.goto(f"{slack.url}c/C0PROD?as=U0BOB")
    await page.get_by_role("textbox", name="Message").fill("/agent restart checkout")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Reject").click()
    dialog = page.get_by_role("dialog", name="Reject this request")
    await dialog.get_by_role("button", name="Reject").click()
    await expect(dialog.get_by_role("alert")).to_have_text("Please complete this required field.")
    await dialog.get_by_role("combobox", name="Kind").select_option(label="Wrong time")
    await dialog.get_by_role("button", name="Reject").click()
    await expect(dialog.get_by_role("alert")).to_have_text("Say why.")
    await dialog.get_by_role("textbox", name="Reason").fill("too risky <now>")
    await dialog.get_by_role("button", name="Reject").click()
    await expect(page.get_by_text("Rejected: too risky")).to_be_visible()
    await expect(dialog).to_have_count(0)


async def test_the_home_tab_is_published_when_it_is_opened(
    slack: LocalSlack, new_page: NewPage
) -> None:
    page = await new_page()
    await page.goto(slack.url)
    apps = page.get_by_role("navigation", name="Apps")
    await apps.get_by_role("link", name="Sayso").click()
    await page.get_by_role("link", name="Home").click()
    await expect(page.get_by_role("heading", name="Nothing waits")).to_be_visible()
