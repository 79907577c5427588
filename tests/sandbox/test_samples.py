"""The local Slack's replies, payloads and frames against Slack's own samples."""

from collections.abc import AsyncIterator, Set
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from jsonschema import Draft7Validator
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.error_codes import ERROR_CODES
from bot.sandbox.seed import ALL_SCOPES, default_seed
from bot.sandbox.server import LocalSlack, Pace
from bot.sandbox.validation.blocks import block_problems
from bot.sandbox.validation.views import view_problems
from bot.sandbox.web_api.methods import METHODS
from tests.sandbox.given import CARD, modal, section
from tests.sandbox.samples import needs_samples, sample, strangers

pytestmark = needs_samples

_HOME = {"type": "home", "blocks": [section("a")]}
_CALLS: dict[str, dict[str, Any]] = {
    "apps.connections.open": {},
    "auth.test": {},
    "chat.delete": {"channel": "C0PROD", "ts": "TS"},
    "chat.getPermalink": {"channel": "C0PROD", "message_ts": "TS"},
    "chat.postEphemeral": {"channel": "C0PROD", "user": "U0BOB", "text": "a"},
    "chat.postMessage": {"channel": "C0PROD", "text": "a", "blocks": CARD, "thread_ts": "TS"},
    "chat.update": {"channel": "C0PROD", "ts": "TS", "text": "b", "blocks": CARD},
    "conversations.info": {"channel": "C0PROD", "include_num_members": True},
    "conversations.list": {"types": "public_channel"},
    "conversations.members": {"channel": "C0PROD"},
    "conversations.open": {"users": "U0BOB", "return_im": True},
    "team.info": {},
    "usergroups.list": {"include_users": True},
    "usergroups.users.list": {"usergroup": "S0SRE"},
    "users.info": {"user": "U0BOB"},
    "users.list": {},
    "users.lookupByEmail": {"email": "bob@example.com"},
    "views.open": {"trigger_id": "TRIGGER", "view": modal()},
    "views.publish": {"user_id": "U0BOB", "view": _HOME},
    "views.push": {"trigger_id": "TRIGGER", "view": modal()},
    "views.update": {"view_id": "VIEW", "view": modal()},
}
_NOT_LISTED_BY_METHOD = {
    "not_authed",
    "unknown_method",
    "invalid_arguments",
    "invalid_json",
    "json_not_object",
    "expired_url",
    "used_url",
    "invalid_payload",
}
"""Answers of the API as a whole and of response_urls, which no method's page lists."""


def test_every_method_is_called_here() -> None:
    assert set(_CALLS) == set(METHODS)


@pytest.mark.parametrize("method", sorted(_CALLS))
async def test_a_reply_has_no_key_that_slack_does_not_send_and_all_it_promises(method: str) -> None:
    reply = await _reply(method)

    documented = sample(f"slack-api-ref/methods/{method}.json")["output"]
    assert list(strangers(reply, _slacks_reply(method))) == []
    assert set(documented.get("required", ())) <= set(reply)


async def _reply(method: str) -> dict[str, Any]:
    seed = replace(default_seed(), bot_scopes=(*ALL_SCOPES, "team:read"))
    async with LocalSlack.running(seed=seed) as slack:
        bot = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        posted = await bot.chat_postMessage(channel="C0PROD", text="a")
        opened = await bot.views_open(trigger_id=slack.triggers.issue("U0BOB"), view=modal())
        made_now = {
            "TS": str(posted["ts"]),
            "TRIGGER": slack.triggers.issue("U0BOB"),
            "VIEW": opened["view"]["id"],
        }
        arguments = {
            name: made_now.get(value, value) if isinstance(value, str) else value
            for name, value in _CALLS[method].items()
        }
        token = slack.app_token if method == "apps.connections.open" else slack.bot_token
        client = AsyncWebClient(token=token, base_url=slack.base_url)
        reply = (await client.api_call(method, json=arguments)).data
        assert isinstance(reply, dict)
        return reply


def _slacks_reply(method: str) -> Any:
    """Slack's sample of a reply; for those it leaves out, put together from their parts."""
    if method.startswith("views."):
        return sample("java-slack-sdk/api/views.open.json")
    if method == "conversations.open":
        channel = sample("java-slack-sdk/api/conversations.info.json")["channel"]
        direct = sample(f"slack-api-ref/methods/{method}.json")["examples"]
        example = direct["success_with_return_im"]["example"]
        return {**example, "channel": {**channel, **example["channel"]}}
    if method in {"chat.postMessage", "chat.update"}:
        return {"ok": True, "channel": "", "ts": "", "text": "", "message": {}}
    return sample(f"java-slack-sdk/api/{method}.json")


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_a_message_in_a_reply_has_no_key_that_slack_does_not_send(method: str) -> None:
    message = (await _reply(method))["message"]

    theirs = sample("java-slack-sdk/app-backend/BlockActionPayload.json")["message"]
    assert message["blocks"]
    assert list(strangers(message, theirs)) == []


def test_every_error_code_is_one_that_slack_documents() -> None:
    documented = {
        code
        for method in METHODS
        for code in sample(f"slack-api-ref/methods/{method}.json")["errors"]
    }

    assert set(ERROR_CODES) - documented == _NOT_LISTED_BY_METHOD


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    """A local Slack that hardly waits, for nobody acknowledges anything here."""
    async with LocalSlack.running(pace=Pace(ack_within_s=0.05)) as running:
        yield running


async def test_payloads_have_the_keys_of_slacks_own(slack: LocalSlack) -> None:
    heard: list[dict[str, Any]] = []
    async with aiohttp.ClientSession() as session:
        web_client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url)
        opened = await web_client.apps_connections_open(app_token=slack.app_token)
        posted = await web_client.chat_postMessage(channel="C0PROD", text="a", blocks=CARD)
        view = modal(submit={"type": "plain_text", "text": "Send"}, notify_on_close=True)
        async with session.ws_connect(str(opened["url"])) as socket:
            hello = await socket.receive_json()
            hands = slack.interactions
            place: dict[str, Any] = {"channel": "C0PROD", "ts": str(posted["ts"])}
            await hands.click("U0BOB", **place, action_id="approve")
            await hands.slash_command("U0BOB", "C0PROD", "/agent go")
            for act in (hands.submit_view, hands.close_view):
                trigger_id = slack.triggers.issue("U0BOB")
                shown = await web_client.views_open(trigger_id=trigger_id, view=view)
                await act("U0BOB", shown["view"]["id"])
            await web_client.views_publish(user_id="U0BOB", view=_HOME)
            await hands.open_home("U0BOB")
            heard = [await socket.receive_json() for _ in range(5)]

    command, event = heard[1], heard[4]
    frames = sample("python-slack-sdk/socket_mode_frames.json")
    assert list(strangers(hello, frames[4])) == []
    assert set(command) == set(frames[0])
    assert set(event) == set(frames[1])
    assert command["payload"].pop("is_enterprise_install") == "false"
    _check(heard[0]["payload"], "app-backend/BlockActionPayload")
    _check(command["payload"], "app-backend/SlashCommandPayload")
    _check(heard[2]["payload"], "app-backend/ViewSubmissionPayload", also={"/response_urls"})
    _check(heard[3]["payload"], "app-backend/ViewClosedPayload")
    _check(
        event["payload"],
        "events/AppHomeOpenedPayload",
        also={"/context_team_id", "/context_enterprise_id"},
    )


def _check(payload: dict[str, Any], name: str, *, also: Set[str] = frozenset()) -> None:
    """`also` are keys that Slack documents and the scrubbed sample lacks."""
    found = set(strangers(payload, sample(f"java-slack-sdk/{name}.json")))
    documented = {"/state is unknown", *(f"{place} is unknown" for place in also)}
    assert {line for line in found - documented if not line.endswith("/blocks is unknown")} == set()


def _well_known(blocks: list[dict[str, Any]]) -> bool:
    checked = {"section", "header", "divider", "context", "actions", "input", "rich_text"}
    return all(block.get("type") in checked for block in blocks)


def _verdict(blocks: list[dict[str, Any]]) -> bool:
    surfaces = ("message", "modal")
    return any(not block_problems(blocks, surface=surface) for surface in surfaces)


def test_blocks_of_slacks_sdk_are_taken_where_slacks_types_take_them() -> None:
    schema = sample("blockkit.schema.json")
    oracle = Draft7Validator({**schema, "$ref": "#/definitions/Blocks"})
    examples = [e["blocks"] for e in sample("python-slack-sdk/block_examples.json")]
    known = [blocks for blocks in examples if _well_known(blocks)]

    wrong = [b for b in known if _verdict(b) != oracle.is_valid(b)]

    assert len(known) == 50
    assert wrong == []


def _mutations(value: Any) -> list[Any]:
    """The value with one string or key changed, in every place."""
    if isinstance(value, dict):
        made = [
            {**value, key: changed}
            for key, inner in value.items()
            if key not in {"type", "initial_date", "url", "image_url", "alt_text", "block_id"}
            for changed in _mutations(inner)
        ]
        without = [{k: v for k, v in value.items() if k != key} for key in value]
        return [*made, *without, {**value, "surprise": 1}]
    if isinstance(value, list):
        return [
            [*value[:place], changed, *value[place + 1 :]]
            for place, inner in enumerate(value)
            for changed in _mutations(inner)
        ]
    if isinstance(value, str):
        return ["", "x" * 76, "x" * 151, "x" * 256, "x" * 2_001, 5]
    return ["x"]


def test_one_change_to_a_good_block_is_judged_as_slacks_types_judge_it() -> None:
    schema = sample("blockkit.schema.json")
    oracle = Draft7Validator({**schema, "$ref": "#/definitions/Blocks"})
    examples = [e["blocks"] for e in sample("python-slack-sdk/block_examples.json")]
    good = [b for b in examples if _well_known(b) and oracle.is_valid(b)]

    changed = [m for blocks in good for m in _mutations(blocks)]
    wrong = [m for m in changed if _verdict(m) and not oracle.is_valid(m)]

    assert len(changed) > 1_000
    assert wrong == []


@pytest.mark.parametrize("number", range(1, 8))
def test_the_modals_of_slacks_sdk_are_taken(number: int) -> None:
    view = sample(f"python-slack-sdk/views/view_modal_{number:03}.json")

    assert view_problems(view.get("view", view), surface="modal") == []
