"""The path everything else stands on: a card is posted, a real click comes, the card is closed."""

import re
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import LocalSlack
from tests.sandbox.bolt_app import BoltApp
from tests.sandbox.given import CARD


async def test_a_click_reaches_a_real_bolt_app_and_the_card_is_updated(
    slack: LocalSlack, app: BoltApp
) -> None:
    @app.bolt.action("approve")
    async def approve(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.chat_update(
            channel=body["channel"]["id"], ts=body["message"]["ts"], text="Approved", blocks=[]
        )
        app.heard.put_nowait(body)

    posted = await app.client.chat_postMessage(channel="C0PROD", text="Restart?", blocks=CARD)
    result = await slack.interactions.click(
        "U0BOB", channel="C0PROD", ts=str(posted["ts"]), action_id="approve"
    )

    body = await app.heard.get()
    assert result.acked
    assert body["user"] == {
        "id": "U0BOB",
        "username": "bob",
        "name": "bob",
        "team_id": slack.team_id,
    }
    assert body["actions"][0]["value"] == "R1"
    assert re.fullmatch(r"\d+\.\d{6}", body["actions"][0]["action_ts"])
    shown = slack.workspace.message("C0PROD", str(posted["ts"]))
    assert shown is not None
    assert (shown.text, shown.blocks) == ("Approved", [])
    assert shown.edited_ts is not None


async def test_a_slash_command_is_answered_in_the_ack_and_by_its_response_url(
    slack: LocalSlack, app: BoltApp
) -> None:
    @app.bolt.command("/agent")
    async def agent(ack: Any, command: dict[str, Any], respond: Any) -> None:
        await ack(text=f"on it: {command['text']}")
        await respond(text="done", response_type="in_channel")
        app.heard.put_nowait(command)

    result = await slack.interactions.slash_command("U0ALICE", "C0PROD", "/agent restart checkout")
    await app.heard.get()

    assert result.acked
    private = slack.workspace.ephemerals("U0ALICE", "C0PROD")
    assert [m.text for m in private] == ["on it: restart checkout"]
    assert [m.text for m in slack.workspace.messages("C0PROD")] == ["done"]


async def test_a_modal_is_opened_refused_and_then_closed(slack: LocalSlack, app: BoltApp) -> None:
    view = {
        "type": "modal",
        "callback_id": "why",
        "title": {"type": "plain_text", "text": "Reject"},
        "submit": {"type": "plain_text", "text": "Send"},
        "blocks": [
            {
                "type": "input",
                "block_id": "reason",
                "label": {"type": "plain_text", "text": "Reason"},
                "element": {"type": "plain_text_input", "action_id": "text"},
            }
        ],
    }

    @app.bolt.action("reject")
    async def reject(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=view)
        app.heard.put_nowait(body)

    @app.bolt.view("why")
    async def why(ack: Any, view: dict[str, Any]) -> None:
        text = view["state"]["values"]["reason"]["text"]["value"]
        if text == "no":
            await ack(response_action="errors", errors={"reason": "Say more."})
        else:
            await ack()

    posted = await app.client.chat_postMessage(channel="C0PROD", text="Restart?", blocks=CARD)
    await slack.interactions.click(
        "U0BOB", channel="C0PROD", ts=str(posted["ts"]), action_id="reject"
    )
    await app.heard.get()
    [opened] = slack.workspace.view_stack("U0BOB")

    empty = await slack.interactions.submit_view("U0BOB", opened.id)
    short = await slack.interactions.submit_view("U0BOB", opened.id, {"reason": {"text": "no"}})
    full = await slack.interactions.submit_view("U0BOB", opened.id, {"reason": {"text": "busy"}})

    assert (empty.error, set(empty.errors)) == ("invalid_inputs", {"reason"})
    assert short.errors == {"reason": "Say more."}
    assert (full.acked, full.errors) == (True, {})
    assert slack.workspace.view_stack("U0BOB") == []
