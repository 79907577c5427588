"""Every error code the local Slack can return is provoked through slack_sdk."""

from dataclasses import replace
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.clock import SteppedClock
from bot.sandbox.error_codes import ERROR_CODES
from bot.sandbox.seed import ALL_SCOPES, default_seed
from bot.sandbox.server import LocalSlack
from tests.sandbox.conftest import QUICK
from tests.sandbox.given import rich_text, section
from tests.sandbox.provocations import PROVOCATIONS
from tests.sandbox.scene import Scene

_OF_RESPONSE_URLS = {"expired_url", "used_url", "invalid_payload"}


def test_every_code_in_the_table_is_provoked_somewhere() -> None:
    assert set(ERROR_CODES) == set(PROVOCATIONS) | _OF_RESPONSE_URLS


@pytest.mark.parametrize("code", sorted(PROVOCATIONS))
async def test_a_real_client_gets_the_code(code: str) -> None:
    clock = SteppedClock()
    scopes = () if code == "missing_scope" else (*ALL_SCOPES, "team:read")
    seed = replace(default_seed(), bot_scopes=scopes)
    async with LocalSlack.running(seed=seed, clock=clock, pace=QUICK) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        with pytest.raises(SlackApiError) as refused:
            await PROVOCATIONS[code](Scene(slack, client, clock))

    assert refused.value.response["error"] == code


async def test_a_missing_scope_names_what_is_needed_and_what_was_given() -> None:
    seed = replace(default_seed(), bot_scopes=("chat:write",))
    async with LocalSlack.running(seed=seed) as slack:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        with pytest.raises(SlackApiError) as refused:
            await client.usergroups_list()
        identity = await client.auth_test()

    assert refused.value.response["needed"] == "usergroups:read"
    assert refused.value.response["provided"] == "chat:write"
    assert identity.headers["x-oauth-scopes"] == "chat:write"


def _button(action_id: str) -> dict[str, Any]:
    return {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": "Go"},
    }


@pytest.mark.parametrize(
    ("blocks", "sentence"),
    [
        pytest.param(
            [section("x" * 3_001)],
            "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
            id="section text",
        ),
        pytest.param(
            [section("a")] * 51,
            "no more than 50 items allowed [json-pointer:/blocks]",
            id="51 blocks",
        ),
        pytest.param(
            [{"type": "shout"}], "unsupported type: shout [json-pointer:/blocks/0/type]", id="type"
        ),
        pytest.param(
            [{"type": "actions", "elements": [_button("a"), _button("a")]}],
            "`action_id` a already exists in this block [json-pointer:/blocks/0]",
            id="action_id twice",
        ),
        pytest.param(
            [{**section("a"), "block_id": "b"}, {**section("a"), "block_id": "b"}],
            "`block_id` b already exists [json-pointer:/blocks/1/block_id]",
            id="block_id twice",
        ),
        pytest.param(
            [{"type": "header", "text": {"type": "mrkdwn", "text": "a"}}],
            "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
            id="header mrkdwn",
        ),
        pytest.param(
            [{"type": "section", "fields": []}],
            "no fewer than 1 items allowed [json-pointer:/blocks/0/fields]",
            id="no fields",
        ),
        pytest.param(
            [{"type": "section", "text": {"type": "mrkdwn", "text": "a"}, "colour": "red"}],
            "invalid additional property: colour [json-pointer:/blocks/0]",
            id="unknown key",
        ),
        pytest.param(
            [{**rich_text("a"), "elements": [{"type": "rich_text_poem"}]}],
            "unsupported type: rich_text_poem [json-pointer:/blocks/0/elements/0/type]",
            id="rich text element",
        ),
        pytest.param(
            [{"type": "alert", "text": {"type": "plain_text", "text": "a"}}],
            "unsupported type: alert [json-pointer:/blocks/0/type]",
            id="a block of another surface",
        ),
    ],
)
async def test_invalid_blocks_say_which_rule_broke_and_where(
    client: AsyncWebClient, blocks: list[dict[str, Any]], sentence: str
) -> None:
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel="C0PROD", text="a", blocks=blocks)

    assert refused.value.response["error"] == "invalid_blocks"
    messages = refused.value.response["response_metadata"]["messages"]
    assert f"[ERROR] {sentence}" in messages


def _response_url(slack: LocalSlack) -> str:
    path = slack.response_urls.issue(channel_id="C0PROD", person_id="U0BOB")
    return f"{slack.url}commands/{path}"


async def test_a_response_url_is_refused_after_five_uses_and_after_thirty_minutes() -> None:
    clock = SteppedClock()
    async with LocalSlack.running(clock=clock, pace=QUICK) as slack:
        used = AsyncWebhookClient(_response_url(slack))
        old = AsyncWebhookClient(_response_url(slack))

        answers = [await used.send(text=f"number {n}") for n in range(6)]
        clock.advance(30 * 60 + 1)
        late = await old.send(text="late")

    assert [a.status_code for a in answers] == [200] * 5 + [404]
    assert '"used_url"' in answers[5].body
    assert (late.status_code, '"expired_url"' in late.body) == (404, True)


async def test_a_response_url_wants_a_json_object(slack: LocalSlack) -> None:
    path = _response_url(slack).removeprefix(slack.url)
    client = AsyncWebClient(base_url=slack.url)

    with pytest.raises(SlackApiError) as refused:
        await client.api_call(path, json=["a"])  # type: ignore[arg-type]

    assert refused.value.response["error"] == "invalid_payload"
