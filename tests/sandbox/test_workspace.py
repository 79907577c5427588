"""The workspace itself: ts values, threads, listeners, and what a restart finds again."""

from pathlib import Path

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.clock import SteppedClock
from bot.sandbox.nouns import Change, ChangeKind, Person
from bot.sandbox.server import LocalSlack
from tests.sandbox.given import CARD, modal, section


async def test_ts_values_are_unique_and_increase_even_when_the_clock_stands_still() -> None:
    async with LocalSlack.running(clock=SteppedClock()) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        posted = [
            str((await client.chat_postMessage(channel="C0PROD", text=str(n)))["ts"])
            for n in range(5)
        ]

    assert posted == sorted(set(posted))


async def test_replies_are_in_the_thread_and_not_in_the_channel(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    parent = str((await client.chat_postMessage(channel="C0PROD", text="parent"))["ts"])
    reply = await slack.interactions.say("U0BOB", "C0PROD", "reply", thread_ts=parent)
    nested = await client.chat_postMessage(channel="C0PROD", text="nested", thread_ts=reply)

    thread = slack.workspace.messages("C0PROD", thread_ts=parent)
    assert [m.text for m in slack.workspace.messages("C0PROD")] == ["parent"]
    assert [m.text for m in thread] == ["parent", "reply", "nested"]
    assert nested["message"]["thread_ts"] == parent
    assert slack.workspace.reply_count("C0PROD", parent) == 2


async def test_a_channel_shows_its_last_messages(slack: LocalSlack) -> None:
    for number in range(12):
        await slack.interactions.say("U0BOB", "C0PROD", str(number))

    shown = slack.workspace.messages("C0PROD", limit=3)
    assert [m.text for m in shown] == ["9", "10", "11"]


async def test_listeners_are_told_what_changed_until_they_leave(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    heard: list[Change] = []
    leave = slack.workspace.subscribe(heard.append)

    posted = await client.chat_postMessage(channel="C0PROD", text="a")
    reply = await client.chat_postMessage(channel="C0PROD", text="b", thread_ts=str(posted["ts"]))
    await client.chat_postEphemeral(channel="C0PROD", user="U0BOB", text="c")
    await client.views_publish(user_id="U0BOB", view={"type": "home", "blocks": [section("hello")]})
    await client.conversations_open(users="U0BOB")
    leave()
    await client.chat_postMessage(channel="C0PROD", text="unheard")

    told = [(c.kind, c.ts) for c in heard if c.kind is ChangeKind.MESSAGE]
    assert told == [
        (ChangeKind.MESSAGE, posted["ts"]),
        (ChangeKind.MESSAGE, reply["ts"]),
        (ChangeKind.MESSAGE, posted["ts"]),
    ]
    assert [(c.kind, c.person_id) for c in heard[3:]] == [
        (ChangeKind.EPHEMERAL, "U0BOB"),
        (ChangeKind.HOME, "U0BOB"),
        (ChangeKind.CHANNEL, None),
    ]


async def test_a_reopened_workspace_holds_messages_views_homes_and_people(tmp_path: Path) -> None:
    async with LocalSlack.running(data_dir=tmp_path) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        posted = await client.chat_postMessage(channel="C0PROD", text="card", blocks=CARD)
        gone = await client.chat_postMessage(channel="C0PROD", text="gone")
        await client.chat_delete(channel="C0PROD", ts=str(gone["ts"]))
        await client.conversations_open(users="U0BOB")
        opened = await client.views_open(trigger_id=slack.triggers.issue("U0BOB"), view=modal())
        home = {"type": "home", "blocks": [section("hello")]}
        await client.views_publish(user_id="U0CAROL", view=home)
        newcomer = Person(id="U0GRACE", name="grace", real_name="Grace", team_id=slack.team_id)
        slack.workspace.put_person(newcomer)
        secrets = (slack.bot_token, slack.app_token, slack.signing_secret)

    async with LocalSlack.running(data_dir=tmp_path) as again:
        [message] = again.workspace.messages("C0PROD")
        [view] = again.workspace.view_stack("U0BOB")
        clicked = await again.interactions.click(
            "U0BOB", channel="C0PROD", ts=message.ts, action_id="approve"
        )

        assert (again.bot_token, again.app_token, again.signing_secret) == secrets
        assert (message.ts, message.blocks) == (posted["ts"], posted["message"]["blocks"])
        assert view.view == opened["view"]
        assert again.workspace.home("U0CAROL") is not None
        assert again.workspace.person("U0GRACE") == newcomer
        assert again.workspace.channel("D0BOB") is not None
        assert clicked.error == "dispatch_failed"


async def test_what_could_not_be_stored_is_not_shown(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    trigger_id = slack.triggers.issue("U0BOB")
    slack.drawer.close()

    refusals = [
        client.chat_postMessage(channel="C0PROD", text="a"),
        client.views_open(trigger_id=trigger_id, view=modal()),
        client.views_publish(user_id="U0BOB", view={"type": "home", "blocks": [section("a")]}),
        client.conversations_open(users="U0BOB"),
    ]
    for refusal in refusals:
        with pytest.raises(SlackApiError, match="internal_error"):
            await refusal

    assert slack.workspace.messages("C0PROD") == []
    assert slack.workspace.view_stack("U0BOB") == []
    assert slack.workspace.home("U0BOB") is None
    assert slack.workspace.channel("D0BOB") is None
