"""What people's hands cause: payloads as a real Bolt app receives them, and what they see after."""

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.interactions import NoSuchPlaceError
from bot.sandbox.nouns import SLACKBOT_ID
from bot.sandbox.server import LocalSlack
from tests.sandbox.bolt_app import BoltApp
from tests.sandbox.provocations import modal, section
from tests.sandbox.test_main_path import CARD


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def _option(value: str) -> dict[str, Any]:
    return {"text": _plain(value.title()), "value": value}


FORM: list[dict[str, Any]] = [
    {
        "type": "input",
        "block_id": "why",
        "label": _plain("Why"),
        "element": {"type": "plain_text_input", "action_id": "text", "initial_value": "because"},
    },
    {
        "type": "input",
        "block_id": "who",
        "optional": True,
        "label": _plain("Who"),
        "element": {"type": "multi_users_select", "action_id": "people"},
    },
    {
        "type": "actions",
        "block_id": "pick",
        "elements": [
            {
                "type": "static_select",
                "action_id": "risk",
                "options": [_option("low"), _option("high")],
            },
            {"type": "checkboxes", "action_id": "boxes", "options": [_option("a"), _option("b")]},
            {"type": "datepicker", "action_id": "day", "initial_date": "2026-01-31"},
        ],
    },
]


def _hear(app: BoltApp) -> None:
    """Acknowledge everything and remember its body."""

    async def take(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        app.heard.put_nowait(body)

    for action_id in ("risk", "boxes", "day", "approve", "more"):
        app.bolt.action(action_id)(take)
    app.bolt.view("form")(take)
    app.bolt.view_closed("form")(take)
    for event in ("app_home_opened", "app_mention"):
        app.bolt.event(event)(take)


async def _post(app: BoltApp, blocks: list[dict[str, Any]], **more: Any) -> str:
    posted = await app.client.chat_postMessage(
        channel="C0PROD", text="Choose", blocks=blocks, **more
    )
    return str(posted["ts"])


async def test_a_click_by_somebody_of_another_company_carries_their_team(
    slack: LocalSlack, app: BoltApp
) -> None:
    _hear(app)
    ts = await _post(app, CARD)

    await slack.interactions.click("U0EVE", channel="C0PROD", ts=ts, action_id="approve")

    body = await app.heard.get()
    assert body["user"]["team_id"] == "T0OTHER"
    assert body["team"]["id"] == slack.team_id
    assert (body["enterprise"], body["is_enterprise_install"]) == (None, False)


async def test_a_click_in_a_thread_carries_the_thread_and_the_whole_message(
    slack: LocalSlack, app: BoltApp
) -> None:
    _hear(app)
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
    _hear(app)
    ts = await _post(app, [FORM[2]])

    await slack.interactions.click("U0BOB", channel="C0PROD", ts=ts, action_id="risk", value="high")
    select = await app.heard.get()
    await slack.interactions.click(
        "U0BOB", channel="C0PROD", ts=ts, action_id="boxes", value=["a", "b"]
    )
    boxes = await app.heard.get()

    high = {"text": _plain("High"), "value": "high"}
    assert select["actions"][0]["selected_option"] == high
    assert select["state"]["values"]["pick"] == {
        "risk": {"type": "static_select", "selected_option": high},
        "boxes": {"type": "checkboxes", "selected_options": []},
        "day": {"type": "datepicker", "selected_date": "2026-01-31"},
    }
    assert [o["value"] for o in boxes["actions"][0]["selected_options"]] == ["a", "b"]


async def test_a_submitted_view_carries_every_input(slack: LocalSlack, app: BoltApp) -> None:
    _hear(app)
    view = modal(blocks=FORM, callback_id="form", submit=_plain("Send"), private_metadata="R1")
    opened = await app.client.views_open(trigger_id=slack.triggers.issue("U0BOB"), view=view)
    view_id = opened["view"]["id"]

    await slack.interactions.click_in_view("U0BOB", view_id, action_id="risk", value="low")
    click = await app.heard.get()
    result = await slack.interactions.submit_view(
        "U0BOB", view_id, {"who": {"people": ["U0CAROL"]}}
    )
    body = await app.heard.get()

    values = body["view"]["state"]["values"]
    assert click["container"] == {"type": "view", "view_id": view_id}
    assert "response_url" not in click
    assert values["why"]["text"] == {"type": "plain_text_input", "value": "because"}
    assert values["who"]["people"]["selected_users"] == ["U0CAROL"]
    assert values["pick"]["risk"]["selected_option"]["value"] == "low"
    assert (body["view"]["private_metadata"], body["response_urls"]) == ("R1", [])
    assert result.acked
    assert slack.workspace.view_stack("U0BOB") == []


@pytest.mark.parametrize(
    ("answer", "titles"),
    [
        ({}, ["Under"]),
        ({"response_action": "clear"}, []),
        ({"response_action": "update", "view": modal(title=_plain("New"))}, ["Under", "New"]),
        (
            {"response_action": "push", "view": modal(title=_plain("Third"))},
            ["Under", "Title", "Third"],
        ),
    ],
)
async def test_a_submission_is_followed_as_the_app_answers_it(
    slack: LocalSlack, app: BoltApp, answer: dict[str, Any], titles: list[str]
) -> None:
    @app.bolt.view("form")
    async def take(ack: Any) -> None:
        await ack(**answer)

    under = modal(title=_plain("Under"))
    await app.client.views_open(trigger_id=slack.triggers.issue("U0BOB"), view=under)
    pushed = await app.client.views_push(
        trigger_id=slack.triggers.issue("U0BOB"),
        view=modal(callback_id="form", submit=_plain("Send")),
    )

    await slack.interactions.submit_view("U0BOB", pushed["view"]["id"])

    stack = slack.workspace.view_stack("U0BOB")
    assert [opened.view["title"]["text"] for opened in stack] == titles
    assert all(opened.view["root_view_id"] == stack[0].id for opened in stack)


async def test_an_answer_slack_would_not_take_leaves_the_view_open_and_names_the_code(
    slack: LocalSlack, app: BoltApp
) -> None:
    @app.bolt.view("form")
    async def take(ack: Any) -> None:
        await ack(response_action="errors", errors={"no such block": "Oh."})

    view = modal(blocks=FORM, callback_id="form", submit=_plain("Send"))
    opened = await app.client.views_open(trigger_id=slack.triggers.issue("U0BOB"), view=view)

    result = await slack.interactions.submit_view("U0BOB", opened["view"]["id"])

    assert result.error == "invalid_arguments"
    assert len(slack.workspace.view_stack("U0BOB")) == 1


async def test_a_closed_view_is_told_only_where_the_app_asked(
    slack: LocalSlack, app: BoltApp
) -> None:
    _hear(app)
    loud = modal(callback_id="form", notify_on_close=True)
    for view in (loud, modal(callback_id="form")):
        opened = await app.client.views_open(trigger_id=slack.triggers.issue("U0BOB"), view=view)
        await slack.interactions.close_view("U0BOB", opened["view"]["id"])

    body = await app.heard.get()
    assert (body["type"], body["is_cleared"]) == ("view_closed", False)
    assert app.heard.empty()


async def test_the_home_tab_is_an_event_and_its_buttons_work(
    slack: LocalSlack, app: BoltApp
) -> None:
    _hear(app)
    button = {"type": "button", "action_id": "more", "text": _plain("More")}
    home = {"type": "home", "blocks": [{"type": "actions", "elements": [button]}]}

    await slack.interactions.open_home("U0BOB")
    first = await app.heard.get()
    published = await app.client.views_publish(user_id="U0BOB", view=home)
    await slack.interactions.open_home("U0BOB")
    second = await app.heard.get()
    clicked = await slack.interactions.click_in_view(
        "U0BOB", published["view"]["id"], action_id="more"
    )
    click = await app.heard.get()

    assert "view" not in first["event"]
    assert second["event"]["view"]["id"] == published["view"]["id"]
    assert (clicked.acked, click["view"]["type"]) == (True, "home")


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


async def test_a_payload_made_by_hand_reaches_the_app(slack: LocalSlack, app: BoltApp) -> None:
    _hear(app)
    forged = {
        "type": "block_actions",
        "user": {"id": "U0FORGED", "team_id": "T0FORGED"},
        "team": {"id": slack.team_id},
        "actions": [{"action_id": "approve", "block_id": "b", "type": "button"}],
    }

    result = await slack.interactions.deliver("interactive", forged)

    assert result.acked
    assert (await app.heard.get())["user"]["id"] == "U0FORGED"
