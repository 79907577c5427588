"""What a real client sees when a fault is switched on, in process and over HTTP."""

import time
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.faults import REPLY_KINDS, Fault, FaultKind, Faults
from bot.sandbox.server import LocalSlack


async def test_a_rate_limited_method_answers_429_with_retry_after(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    fault = Fault(kind=FaultKind.RATE_LIMITED, method="chat.postMessage", seconds=7)
    await slack.faults.switch_on(fault)

    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel="C0PROD", text="hello")
    later = await client.chat_postMessage(channel="C0PROD", text="hello")

    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "7"
    assert later["ok"]


async def test_the_clients_own_retry_gets_through_a_rate_limit(slack: LocalSlack) -> None:
    handlers: list[Any] = [AsyncRateLimitErrorRetryHandler(max_retry_count=1)]
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url, retry_handlers=handlers)
    await slack.faults.switch_on(Fault(kind=FaultKind.RATE_LIMITED, seconds=1))

    posted = await client.chat_postMessage(channel="C0PROD", text="hello")

    assert posted["ok"]
    assert [call.error for call in slack.calls] == ["rate_limited", None]


async def test_a_fault_can_be_bound_to_one_channel_and_skip_the_first_call(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    fault = Fault(kind=FaultKind.SERVER_ERROR, channel="C0PROD", skip=1)
    await slack.faults.switch_on(fault)

    await client.chat_postMessage(channel="C0GENERAL", text="elsewhere")
    await client.chat_postMessage(channel="C0PROD", text="skipped")
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel="C0PROD", text="struck")

    assert refused.value.response.status_code == 503
    assert [m.text for m in slack.workspace.messages("C0PROD")] == ["skipped"]


async def test_a_lost_reply_posts_the_message_and_cuts_the_connection(slack: LocalSlack) -> None:
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.base_url, retry_handlers=[])
    await slack.faults.switch_on(Fault(kind=FaultKind.LOST_REPLY, method="chat.postMessage"))

    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel="C0PROD", text="posted all the same")

    assert [m.text for m in slack.workspace.messages("C0PROD")] == ["posted all the same"]


async def test_a_slow_reply_comes_late(slack: LocalSlack, client: AsyncWebClient) -> None:
    await slack.faults.switch_on(Fault(kind=FaultKind.SLOW_REPLY, seconds=0.2))

    started = time.monotonic()
    answer = await client.auth_test()

    assert answer["ok"]
    assert time.monotonic() - started >= 0.2


async def test_users_info_can_fail_until_it_is_cleared(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    fault = Fault(kind=FaultKind.ERROR, method="users.info", code="fatal_error", times=None)
    await slack.faults.switch_on(fault)

    for _ in range(3):
        with pytest.raises(SlackApiError) as refused:
            await client.users_info(user="U0BOB")
        assert refused.value.response["error"] == "fatal_error"
    slack.faults.clear()
    found = await client.users_info(user="U0BOB")

    assert found["user"]["name"] == "bob"


async def test_another_process_switches_faults_on_acts_and_looks(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    async with aiohttp.ClientSession(slack.url) as session:
        switched = await session.post(
            "/sandbox/faults", json={"kind": "error", "method": "users.info"}
        )
        said = await session.post(
            "/sandbox/hands",
            json={"do": "say", "person_id": "U0BOB", "channel": "C0PROD", "text": "hi"},
        )
        seen = await (await session.get("/sandbox/messages", params={"channel": "C0PROD"})).json()
        with pytest.raises(SlackApiError):
            await client.users_info(user="U0BOB")
        calls = await (await session.get("/sandbox/calls")).json()

        assert (switched.status, said.status) == (200, 200)
        assert [(m["user_id"], m["text"]) for m in seen] == [("U0BOB", "hi")]
        assert [(c["method"], c["error"]) for c in calls] == [("users.info", "error")]


@pytest.mark.parametrize(
    ("path", "sent", "headers", "status"),
    [
        ("faults", '{"kind": "plague"}', {"Content-Type": "application/json"}, 400),
        ("faults", '{"kind": "error", "often": 1}', {"Content-Type": "application/json"}, 400),
        ("faults", "{", {"Content-Type": "application/json"}, 400),
        ("faults", '{"kind": "error"}', {"Content-Type": "text/plain"}, 415),
        (
            "faults",
            '{"kind": "error"}',
            {"Content-Type": "application/json", "Host": "evil.example"},
            403,
        ),
        ("faults", '{"kind": ["error"]}', {"Content-Type": "application/json"}, 400),
        ("faults", '{"kind": "error", "times": "x"}', {"Content-Type": "application/json"}, 400),
        ("faults", '{"kind": "error", "times": 0}', {"Content-Type": "application/json"}, 400),
        (
            "faults",
            '{"kind": "rate_limited", "seconds": NaN}',
            {"Content-Type": "application/json"},
            400,
        ),
        (
            "faults",
            '{"kind": "server_error", "status": 200}',
            {"Content-Type": "application/json"},
            400,
        ),
        ("faults", "[" * 100_000, {"Content-Type": "application/json"}, 400),
        ("hands", '{"do": "dance"}', {"Content-Type": "application/json"}, 400),
        ("hands", '{"do": ["click"]}', {"Content-Type": "application/json"}, 400),
        (
            "hands",
            '{"do": "open_home", "person_id": []}',
            {"Content-Type": "application/json"},
            400,
        ),
        ("hands", '"\\ud800"', {"Content-Type": "application/json"}, 400),
        ("hands", '{"do": "click"}', {"Content-Type": "application/json"}, 400),
        (
            "hands",
            '{"do": "say", "person_id": "U0BOB", "channel": "C0OLD", "text": "a"}',
            {"Content-Type": "application/json"},
            400,
        ),
    ],
)
async def test_a_control_request_that_makes_no_sense_is_refused(
    slack: LocalSlack, path: str, sent: str, headers: dict[str, str], status: int
) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{slack.url}sandbox/{path}", data=sent, headers=headers) as answer,
    ):
        assert answer.status == status
    assert slack.faults.active() == []


async def test_another_host_name_may_not_read_the_workspace(slack: LocalSlack) -> None:
    async with aiohttp.ClientSession(slack.url, headers={"Host": "evil.example"}) as session:
        answers = [
            await session.get(f"/sandbox/{place}")
            for place in ("messages", "ephemerals", "views", "calls")
        ]

    assert [answer.status for answer in answers] == [403] * 4


async def test_a_fault_with_a_chance_strikes_as_the_dice_fall_until_it_is_cleared() -> None:
    throws = iter([0.5, 0.1, 0.2, 0.19])
    faults = Faults(dice=lambda: next(throws))
    fault = Fault(kind=FaultKind.RATE_LIMITED, chance=0.2, times=None)
    await faults.switch_on(fault)

    struck = [faults.take(REPLY_KINDS, method="chat.update") for _ in range(4)]

    assert struck == [None, fault, None, fault]
