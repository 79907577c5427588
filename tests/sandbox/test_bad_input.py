"""Whatever a client sends, the local Slack answers in Slack's envelope and stays up."""

import json
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.sandbox.server import LocalSlack
from bot.sandbox.web_api.methods import METHODS
from tests.examples import examples
from tests.sandbox.given import CARD, FORM, modal, rich_text

_SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats()
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
_GOOD: dict[str, Any] = {
    "channel": "C0PROD",
    "user": "U0BOB",
    "users": "U0BOB",
    "user_id": "U0BOB",
    "text": "a",
    "ts": "1.000001",
    "thread_ts": "1.000001",
    "limit": 3,
    "return_im": True,
    "include_users": True,
    "exclude_archived": True,
    "usergroup": "S0SRE",
    "team": "T0LOCAL",
    "external_id": "e",
    "markdown_text": "",
    "message_ts": "1.000001",
    "cursor": "",
    "types": "im",
    "hash": "1.a",
    "view_id": "V0",
    "trigger_id": "1.2.a",
    "metadata": {"event_type": "a", "event_payload": {"b": 1}},
    "attachments": [{"text": "a"}],
    "blocks": [*CARD, *FORM, rich_text("a")],
    "view": modal(blocks=FORM, external_id="e"),
}


@st.composite
def _broken(draw: st.DrawFn) -> dict[str, Any]:
    """Good arguments with one place, however deep, replaced by anything."""
    arguments: Any = json.loads(json.dumps(_GOOD))
    target: Any = arguments
    key = draw(st.sampled_from(sorted(arguments)))
    while isinstance(target[key], dict | list) and target[key] and draw(st.booleans()):
        target = target[key]
        keys = sorted(target) if isinstance(target, dict) else range(len(target))
        key = draw(st.sampled_from(keys))
    target[key] = draw(_JSON)
    broken: dict[str, Any] = arguments
    return broken


@settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(arguments=_broken(), method=st.sampled_from(sorted(METHODS)))
async def test_every_method_answers_broken_arguments_in_slacks_envelope(
    slack: LocalSlack, arguments: dict[str, Any], method: str
) -> None:
    headers = {"Authorization": f"Bearer {slack.bot_token}"}
    async with (
        aiohttp.ClientSession(slack.url, headers=headers) as session,
        session.post(f"/api/{method}", json=arguments) as answer,
    ):
        body = await answer.json()

    assert answer.status == 200
    assert isinstance(body["ok"], bool)
    assert body["ok"] or body["error"]


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe", b"[" * 100_000, b'{"channel": "\\ud800", "text": "\\ud800"}', b"null", b"{"],
)
async def test_a_body_that_is_no_request_is_answered(slack: LocalSlack, body: bytes) -> None:
    headers = {
        "Authorization": f"Bearer {slack.bot_token}",
        "Content-Type": "application/json",
    }
    async with (
        aiohttp.ClientSession(slack.url, headers=headers) as session,
        session.post("/api/chat.postMessage", data=body) as answer,
    ):
        told = await answer.json()

    assert (answer.status, told["ok"]) == (200, False)


async def test_a_response_url_answers_nonsense(slack: LocalSlack) -> None:
    path = slack.response_urls.issue(channel_id="C0PROD", person_id="U0BOB")
    nonsense = (b"\xff", b'{"text": "a", "thread_ts": 5}', b'{"text": {"a": 1}}', b'{"blocks": 5}')
    async with aiohttp.ClientSession(slack.url) as session:
        statuses = [(await session.post(f"/actions/{path}", data=body)).status for body in nonsense]

    assert statuses == [400] * 4
    assert slack.workspace.ephemerals("U0BOB") == []


async def test_half_a_surrogate_pair_is_shown_as_a_question_mark(slack: LocalSlack) -> None:
    headers = {
        "Authorization": f"Bearer {slack.bot_token}",
        "Content-Type": "application/json",
    }
    body = b'{"channel": "C0PROD", "text": "\\ud800 \\ud83d\\ude00"}'
    async with (
        aiohttp.ClientSession(slack.url, headers=headers) as session,
        session.post("/api/chat.postMessage", data=body) as answer,
    ):
        told = await answer.json()

    assert told["message"]["text"] == "? \N{GRINNING FACE}"


_ACTS: dict[str, dict[str, Any]] = {
    "click": {"channel": "C0PROD", "ts": "1.000001", "action_id": "approve", "values": {}},
    "click_in_view": {"view_id": "V0", "action_id": "more", "value": "a"},
    "close_view": {"view_id": "V0", "whole_stack": True},
    "open_home": {"tab": "home"},
    "say": {"channel": "C0PROD", "text": "hello", "thread_ts": "1.000001"},
    "slash_command": {"channel": "C0PROD", "text": "/agent go"},
    "submit_view": {"view_id": "V0", "values": {"why": {"text": "a"}}},
}


@settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(do=st.sampled_from(sorted(_ACTS)), data=st.data())
async def test_an_act_described_wrongly_is_refused_and_breaks_nothing(
    slack: LocalSlack, do: str, data: st.DataObject
) -> None:
    act = {"do": do, "person_id": "U0BOB", **_ACTS[do]}
    act[data.draw(st.sampled_from(sorted(act)))] = data.draw(_JSON)
    async with (
        aiohttp.ClientSession(slack.url) as session,
        session.post("/sandbox/hands", json=act) as answer,
    ):
        assert answer.status in {200, 400}
        shown = await session.get("/sandbox/messages", params={"channel": "C0PROD"})
        assert shown.status == 200
