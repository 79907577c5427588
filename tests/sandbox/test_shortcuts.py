"""The menu of a message: what an app hears when its shortcut is chosen there."""

from dataclasses import replace
from pathlib import Path

from bot.sandbox.seed import default_seed
from bot.sandbox.server import LocalSlack
from tests.sandbox.bolt_app import BoltApp, hear

HAND = "sayso:hand_to_agent"


async def test_a_shortcut_carries_the_message_and_a_trigger_that_opens_a_form(
    slack: LocalSlack, app: BoltApp
) -> None:
    hear(app)
    ts = await slack.interactions.say("U0BOB", "C0PROD", "it is down &amp; out")

    result = await slack.interactions.use_shortcut(
        "U0ALICE", channel="C0PROD", ts=ts, callback_id=HAND
    )

    body = await app.heard.get()
    assert result.acked
    assert (body["type"], body["callback_id"], body["message_ts"]) == ("message_action", HAND, ts)
    assert (body["message"]["text"], body["message"]["user"]) == ("it is down &amp; out", "U0BOB")
    assert (body["user"]["id"], body["channel"]["id"]) == ("U0ALICE", "C0PROD")
    assert "api_app_id" not in body
    modal = {"type": "modal", "title": {"type": "plain_text", "text": "Form"}, "blocks": []}
    opened = await app.client.views_open(trigger_id=body["trigger_id"], view=modal)
    assert opened["ok"]


async def test_only_what_is_there_for_everybody_has_a_menu(slack: LocalSlack) -> None:
    ts = await slack.interactions.say("U0BOB", "C0PROD", "hello")

    async def used(person: str = "U0ALICE", ts: str = ts, callback_id: str = HAND) -> str | None:
        result = await slack.interactions.use_shortcut(
            person, channel="C0PROD", ts=ts, callback_id=callback_id
        )
        return result.error

    assert await used(person="U0NOBODY") == "person_unknown"
    assert await used(person="U0EVE") == "no_such_shortcut"
    assert await used(callback_id="other") == "no_such_shortcut"
    assert await used(ts="1.0") == "no_such_message"


async def test_a_kept_workspace_learns_what_the_app_asks_for_now(tmp_path: Path) -> None:
    old = replace(default_seed(), bot_scopes=("chat:write",), shortcuts=(), events=())
    async with LocalSlack.running(seed=old, data_dir=tmp_path) as slack:
        token = slack.bot_token
    async with LocalSlack.running(seed=default_seed(), data_dir=tmp_path) as slack:
        kept = slack.workspace.seed

        assert kept.shortcuts == default_seed().shortcuts
        assert HAND in {each.callback_id for each in kept.shortcuts}
        assert "app_mentions:read" in kept.bot_scopes
        assert slack.bot_token == token
