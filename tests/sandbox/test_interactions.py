"""What people's hands cause: payloads as a real Bolt app receives them, and what they see after."""

from dataclasses import replace
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.interactions import NoSuchPlaceError
from bot.sandbox.nouns import SLACKBOT_ID, Channel
from bot.sandbox.seed import default_seed
from bot.sandbox.server import LocalSlack
from tests.sandbox.bolt_app import BoltApp, hear
from tests.sandbox.conftest import QUICK
from tests.sandbox.given import CARD, FORM, plain, section


async def _post(app: BoltApp, blocks: list[dict[str, Any]], **more: Any) -> str:
    posted = await app.client.chat_postMessage(
        channel="C0PROD", text="Choose", blocks=blocks, **more
    )
    return str(posted["ts"])


async def test_a_click_by_somebody_of_another_company_carries_their_team(
    slack: LocalSlack, app: BoltApp
) -> None:
    hear(app)
    ts = await _post(app, CARD)

    await slack.interactions.click("U0EVE", channel="C0PROD", ts=ts, action_id="approve")

    body = await app.heard.get()
    assert body["user"]["team_id"] == "T0OTHER"
    assert body["team"]["id"] == slack.team_id
    assert (body["enterprise"], body["is_enterprise_install"]) == (None, False)


async def test_a_click_in_a_thread_carries_the_thread_and_the_whole_message(
    slack: LocalSlack, app: BoltApp
) -> None:
    hear(app)
    parent = await _post(app, [section("parent")])
    ts = await _post(app, CARD, thread_ts=parent, metadata={"event_type": "a", "event_payload": {}})

    await slack.interactions.click("U0BOB", channel="C0PROD", ts=ts, action_id="approve")

    body = await app.heard.get()
    assert body["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": "C0PROD",
        "is_ephemeral": False,
        "thread_ts": parent,
    }
    assert body["channel"] == {"id": "C0PROD", "name": "prod-incidents"}
    assert body["message"]["ts"] == ts
    assert body["message"]["blocks"][1]["elements"] == CARD[1]["elements"]
    assert body["message"]["metadata"]["event_type"] == "a"
    assert body["response_url"].startswith(slack.url)


async def test_an_ephemeral_message_is_clicked_by_its_one_reader_and_replaced_by_response_url(
    slack: LocalSlack, app: BoltApp
) -> None:
    @app.bolt.action("approve")
    async def approve(ack: Any, body: dict[str, Any], respond: Any) -> None:
        await ack()
        await respond(text="thanks", replace_original=True)
        app.heard.put_nowait(body)

    shown = await app.client.chat_postEphemeral(
        channel="C0PROD", user="U0BOB", text="psst", blocks=CARD
    )
    ts = str(shown["message_ts"])

    other = await slack.interactions.click("U0CAROL", channel="C0PROD", ts=ts, action_id="approve")
    await slack.interactions.click("U0BOB", channel="C0PROD", ts=ts, action_id="approve")
    body = await app.heard.get()

    assert other.error == "no_such_message"
    assert body["container"]["is_ephemeral"] is True
    assert "message" not in body
    assert [m.text for m in slack.workspace.ephemerals("U0BOB")] == ["thanks"]
    assert slack.workspace.messages("C0PROD") == []


async def test_a_response_url_can_delete_the_message_it_came_from(
    slack: LocalSlack, app: BoltApp
) -> None:
    @app.bolt.action("approve")
    async def approve(ack: Any, body: dict[str, Any], respond: Any) -> None:
        await ack()
        await respond(delete_original=True)
        app.heard.put_nowait(body)

    ts = await _post(app, CARD)
    await slack.interactions.click("U0BOB", channel="C0PROD", ts=ts, action_id="approve")
    await app.heard.get()

    assert slack.workspace.message("C0PROD", ts) is None


async def test_choices_in_a_message_arrive_as_actions_and_as_state(
    slack: LocalSlack, app: BoltApp
) -> None:
    hear(app)
    ts = await _post(app, [FORM[2]])

    await slack.interactions.click("U0BOB", channel="C0PROD", ts=ts, action_id="risk", value="high")
    select = await app.heard.get()
    await slack.interactions.click(
        "U0BOB", channel="C0PROD", ts=ts, action_id="boxes", value=["a", "b"]
    )
    boxes = await app.heard.get()

    high = {"text": plain("High"), "value": "high"}
    assert select["actions"][0]["selected_option"] == high
    assert select["state"]["values"]["pick"] == {
        "risk": {"type": "static_select", "selected_option": high},
        "boxes": {"type": "checkboxes", "selected_options": []},
        "day": {"type": "datepicker", "selected_date": "2026-01-31"},
    }
    assert [o["value"] for o in boxes["actions"][0]["selected_options"]] == ["a", "b"]


@pytest.mark.parametrize(
    ("person_id", "channel", "text", "thread_ts", "said"),
    [
        ("U0ALICE", "C0PROD", "/dance now", None, "/dance is not a valid command."),
        ("U0EVE", "C0PROD", "/agent go", None, "/agent is not a valid command."),
        ("U0ALICE", "C0PROD", "/agent go", "1.000001", "/agent is not supported in threads"),
        ("U0ALICE", "C0PROD", "/agent go", None, '/agent failed with the error "dispatch_failed"'),
    ],
)
async def test_slackbot_says_privately_why_a_command_did_nothing(
    slack: LocalSlack,
    person_id: str,
    channel: str,
    text: str,
    thread_ts: str | None,
    said: str,
) -> None:
    result = await slack.interactions.slash_command(person_id, channel, text, thread_ts=thread_ts)

    [message] = slack.workspace.ephemerals(person_id, channel)
    assert not result.acked
    assert message.user_id == SLACKBOT_ID
    assert message.text.startswith(said)


async def test_what_cannot_be_done_is_said_and_nothing_is_sent(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel="C0PROD", text="a", blocks=[*CARD, FORM[2]])
    place: dict[str, Any] = {"channel": "C0PROD", "ts": str(posted["ts"])}
    hands = slack.interactions

    errors = [
        (await hands.click("U0NOBODY", **place, action_id="approve")).error,
        (await hands.click("U0BOB", channel="C0NONE", ts="1.1", action_id="approve")).error,
        (await hands.click("U0BOB", channel="C0PROD", ts="1.1", action_id="approve")).error,
        (await hands.click("U0BOB", **place, action_id="gone")).error,
        (await hands.click("U0BOB", **place, action_id="risk", value="huge")).error,
        (await hands.submit_view("U0BOB", "V0NONE")).error,
    ]

    assert errors == [
        "person_unknown",
        "not_in_channel",
        "no_such_message",
        "no_such_button",
        "no_such_choice",
        "no_such_view",
    ]
    with pytest.raises(NoSuchPlaceError):
        await hands.say("U0BOB", "C0OLD", "hello")


async def test_the_app_hears_of_mentions_and_of_its_direct_messages_it_subscribed_to() -> None:
    seed = replace(default_seed(), events=("app_mention", "message.im"))
    async with LocalSlack.running(seed=seed, pace=QUICK) as slack, BoltApp.connected(slack) as app:
        hear(app)
        direct = slack.workspace.direct_messages("U0BOB")

        await slack.interactions.say("U0BOB", "C0PROD", "nobody in particular")
        ts = await slack.interactions.say("U0BOB", "C0PROD", "<@U0SAYSO> hello")
        mention = (await app.heard.get())["event"]
        await slack.interactions.say("U0BOB", direct.id, "psst")
        message = (await app.heard.get())["event"]

    assert (mention["type"], mention["ts"], mention["user"]) == ("app_mention", ts, "U0BOB")
    assert (message["type"], message["channel_type"]) == ("message", "im")
    assert (message["channel"], message["text"]) == (direct.id, "psst")
    assert app.heard.empty()


async def test_only_members_see_a_private_channel() -> None:
    secret = Channel(id="C0SECRET", name="secret", members=("U0BOB",), is_private=True)
    seed = replace(default_seed(), channels=(secret,))
    async with LocalSlack.running(seed=seed, pace=QUICK) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        await slack.interactions.say("U0BOB", "C0SECRET", "shh")
        outsider = await slack.interactions.slash_command("U0ALICE", "C0SECRET", "/agent go")
        with pytest.raises(SlackApiError) as refused:
            await client.conversations_info(channel="C0SECRET")
        listed = await client.conversations_list(types="public_channel,private_channel")

    assert outsider.error == "not_in_channel"
    assert refused.value.response["error"] == "channel_not_found"
    assert listed["channels"] == []


async def test_a_payload_made_by_hand_reaches_the_app(slack: LocalSlack, app: BoltApp) -> None:
    hear(app)
    forged = {
        "type": "block_actions",
        "user": {"id": "U0FORGED", "team_id": "T0FORGED"},
        "team": {"id": slack.team_id},
        "actions": [{"action_id": "approve", "block_id": "b", "type": "button"}],
    }

    result = await slack.interactions.deliver("interactive", forged)

    assert result.acked
    assert (await app.heard.get())["user"]["id"] == "U0FORGED"
