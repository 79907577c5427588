"""Modals and the App Home in people's hands: submitted, answered, closed, clicked."""

from typing import Any

import pytest

from bot.sandbox.server import LocalSlack
from tests.sandbox.bolt_app import BoltApp, hear
from tests.sandbox.given import FORM, modal, plain


async def test_a_submitted_view_carries_every_input(slack: LocalSlack, app: BoltApp) -> None:
    hear(app)
    view = modal(blocks=FORM, callback_id="form", submit=plain("Send"), private_metadata="R1")
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
        ({"response_action": "update", "view": modal(title=plain("New"))}, ["Under", "New"]),
        (
            {"response_action": "push", "view": modal(title=plain("Third"))},
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

    under = modal(title=plain("Under"))
    await app.client.views_open(trigger_id=slack.triggers.issue("U0BOB"), view=under)
    pushed = await app.client.views_push(
        trigger_id=slack.triggers.issue("U0BOB"),
        view=modal(callback_id="form", submit=plain("Send")),
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

    view = modal(blocks=FORM, callback_id="form", submit=plain("Send"))
    opened = await app.client.views_open(trigger_id=slack.triggers.issue("U0BOB"), view=view)

    result = await slack.interactions.submit_view("U0BOB", opened["view"]["id"])

    assert result.error == "invalid_arguments"
    assert len(slack.workspace.view_stack("U0BOB")) == 1


async def test_a_modal_without_a_submit_button_cannot_be_submitted(
    slack: LocalSlack, app: BoltApp
) -> None:
    opened = await app.client.views_open(trigger_id=slack.triggers.issue("U0BOB"), view=modal())

    result = await slack.interactions.submit_view("U0BOB", opened["view"]["id"])

    assert result.error == "no_such_button"
    assert len(slack.workspace.view_stack("U0BOB")) == 1


async def test_a_closed_view_is_told_only_where_the_app_asked(
    slack: LocalSlack, app: BoltApp
) -> None:
    hear(app)
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
    hear(app)
    button = {"type": "button", "action_id": "more", "text": plain("More")}
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
