"""What the Web API answers real clients when all goes well, and in which forms it is asked."""

import json
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.server import LocalSlack
from tests.sandbox.given import rich_text, section


async def test_auth_test_names_the_team_and_the_bot(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    identity = await client.auth_test()
    as_app = await client.auth_test(token=slack.app_token)

    assert (identity["team_id"], identity["user_id"]) == (slack.team_id, "U0SAYSO")
    assert identity["url"] == slack.url
    assert as_app["app_id"] == slack.app_id


@pytest.mark.parametrize(
    ("person_id", "flags"),
    [
        ("U0BOB", {"is_restricted": False, "is_bot": False, "deleted": False}),
        ("U0DANA", {"is_restricted": True}),
        ("U0EVE", {"is_stranger": True, "team_id": "T0OTHER"}),
        ("U0FRANK", {"deleted": True}),
        ("U0SAYSO", {"is_bot": True}),
    ],
)
async def test_users_info_tells_who_is_a_guest_a_stranger_or_gone(
    client: AsyncWebClient, person_id: str, flags: dict[str, Any]
) -> None:
    user = (await client.users_info(user=person_id))["user"]

    assert {name: user[name] for name in flags} == flags


async def test_lists_are_paged_by_cursor(client: AsyncWebClient) -> None:
    first = await client.users_list(limit=4)
    second = await client.users_list(limit=4, cursor=first["response_metadata"]["next_cursor"])

    names = [m["name"] for page in (first, second) for m in page["members"]]
    assert names == ["alice", "bob", "carol", "dana", "eve", "frank", "sayso"]
    assert second["response_metadata"]["next_cursor"] == ""


async def test_user_groups_name_their_members(client: AsyncWebClient) -> None:
    groups = (await client.usergroups_list(include_users=True))["usergroups"]
    members = (await client.usergroups_users_list(usergroup="S0SRE"))["users"]

    assert {g["handle"]: g["users"] for g in groups} == {
        "sre": ["U0BOB", "U0CAROL"],
        "leads": ["U0CAROL"],
    }
    assert members == ["U0BOB", "U0CAROL"]


async def test_conversations_can_be_listed_looked_at_and_opened(client: AsyncWebClient) -> None:
    listed = await client.conversations_list(exclude_archived=True)
    looked = (await client.conversations_info(channel="C0LEADS"))["channel"]
    members = (await client.conversations_members(channel="C0LEADS"))["members"]
    opened = (await client.conversations_open(users="U0BOB"))["channel"]["id"]
    posted = await client.chat_postMessage(channel=opened, text="psst")

    assert [c["name"] for c in listed["channels"]] == [
        "prod-incidents",
        "agent-approvals",
        "general",
        "leads-only",
    ]
    assert (looked["is_member"], looked["is_ext_shared"]) == (False, False)
    assert members == ["U0BOB", "U0CAROL"]
    assert posted["channel"] == opened


async def test_an_update_keeps_what_it_does_not_mention(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    about = {"event_type": "card", "event_payload": {"id": "R1"}}
    posted = await client.chat_postMessage(
        channel="C0PROD", text="a", blocks=[rich_text("kept")], metadata=about
    )
    updated = await client.chat_update(channel="C0PROD", ts=str(posted["ts"]), text="b")

    assert updated["message"]["text"] == "b"
    assert updated["message"]["blocks"] == posted["message"]["blocks"]
    assert updated["message"]["metadata"] == about
    assert updated["message"]["edited"]["user"] == "U0SAYSO"


async def test_blocks_get_ids_where_the_app_gave_none(client: AsyncWebClient) -> None:
    button = {"type": "button", "text": {"type": "plain_text", "text": "Go"}}
    posted = await client.chat_postMessage(
        channel="C0PROD", text="a", blocks=[{"type": "actions", "elements": [button]}]
    )

    [block] = posted["message"]["blocks"]
    assert block["block_id"]
    assert block["elements"][0]["action_id"]


async def test_a_long_text_is_cut_at_40_000_characters(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="C0PROD", text="x" * 40_001)

    assert len(posted["message"]["text"]) == 40_000


async def test_a_deleted_message_is_gone_and_a_permalink_names_the_place(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    posted = await client.chat_postMessage(channel="C0PROD", text="a")
    ts = str(posted["ts"])
    link = await client.chat_getPermalink(channel="C0PROD", message_ts=ts)
    await client.chat_delete(channel="C0PROD", ts=ts)

    assert link["permalink"] == f"{slack.url}archives/C0PROD/p{ts.replace('.', '')}"
    assert slack.workspace.message("C0PROD", ts) is None


async def test_a_home_is_published_for_one_person(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    home = {"type": "home", "blocks": [section("Nothing waits for you.")]}
    published = await client.views_publish(user_id="U0BOB", view=home)
    again = await client.views_publish(user_id="U0BOB", view=home, hash=published["view"]["hash"])

    shown = slack.workspace.home("U0BOB")
    assert shown is not None
    assert shown.view == again["view"]
    assert again["view"]["id"] == published["view"]["id"]
    assert slack.workspace.home("U0CAROL") is None


@pytest.mark.parametrize("way", ["form", "json", "post query", "get query", "form token"])
async def test_arguments_are_taken_in_all_of_slacks_ways(slack: LocalSlack, way: str) -> None:
    arguments = {
        "channel": "C0PROD",
        "text": "hello",
        "blocks": json.dumps([section("hello")]),
        "team_id": slack.team_id,
    }
    token = {"Authorization": f"Bearer {slack.bot_token}"}
    asked: dict[str, dict[str, Any]] = {
        "form": {"data": arguments, "headers": token},
        "json": {
            "json": {**arguments, "blocks": json.loads(arguments["blocks"])},
            "headers": token,
        },
        "post query": {"params": arguments, "headers": token},
        "get query": {"params": arguments, "headers": token},
        "form token": {"data": {**arguments, "token": slack.bot_token}},
    }
    http_method = "GET" if way == "get query" else "POST"
    url = f"{slack.base_url}chat.postMessage"
    async with (
        aiohttp.ClientSession() as session,
        session.request(http_method, url, **asked[way]) as answer,
    ):
        body = await answer.json()

    assert body["ok"] is True
    assert body["message"]["blocks"][0]["text"]["text"] == "hello"


async def test_calls_are_recorded_without_the_token(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    await client.chat_postMessage(channel="C0PROD", text="hello")

    [call] = slack.calls.of("chat.postMessage")
    assert call.arguments == {"channel": "C0PROD", "text": "hello"}
    assert call.error is None
