"""Signed HTTP: raw bytes in, a status out. Signatures are made here by Slack's published recipe."""

import hashlib
import hmac
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web

from approvals.domain.approval_request import Status
from bot.slack.signed_http import BODY_MAX_BYTES, SLACK_PATH
from tests.slack_door.scene import BOB, PROD, Scene, scene

FORM = "application/x-www-form-urlencoded"


@dataclass(kw_only=True)
class Wire:
    stage: Scene
    url: str
    client: aiohttp.ClientSession

    def headers(self, body: bytes, *, at: int | None = None) -> dict[str, str]:
        at = int(self.stage.clock.now().timestamp()) if at is None else at
        secret = self.stage.slack.signing_secret.encode()
        digest = hmac.new(secret, f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
        return {
            "Content-Type": FORM,
            "X-Slack-Request-Timestamp": str(at),
            "X-Slack-Signature": f"v0={digest}",
        }

    async def post(self, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, str]:
        headers = self.headers(body) if headers is None else headers
        async with self.client.post(self.url, data=body, headers=headers) as response:
            answer = response.status, await response.text()
        await self.stage.settle()
        return answer


@asynccontextmanager
async def wired(directory: Path) -> AsyncIterator[Wire]:
    async with scene(directory, transport="http") as stage:
        app = web.Application()
        stage.door.add_routes(app)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}{SLACK_PATH}"
        async with aiohttp.ClientSession() as client:
            yield Wire(stage=stage, url=url, client=client)
        await runner.cleanup()


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    async with wired(tmp_path) as opened:
        yield opened


def form(payload: Any) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


async def test_a_signed_click_of_the_local_slack_is_stored_and_shown(wire: Wire) -> None:
    courier = wire.stage.slack.signed_http(wire.url)
    wire.stage.slack.connect(courier)
    request = await wire.stage.ask()

    result = await wire.stage.click(BOB, request)
    await courier.close()

    assert result.acked
    assert (await wire.stage.stored(request)).status is Status.APPROVED
    assert (await wire.stage.headline(request)).startswith("✅ Approved")


async def test_c6_g10_a_replayed_click_counts_once_and_is_answered(wire: Wire) -> None:
    request = await wire.stage.ask()
    body = form(await wire.stage.payload(BOB, request))
    headers = wire.headers(body)

    answers = [await wire.post(body, headers), await wire.post(body, headers)]

    assert [status for status, _ in answers] == [200, 200]
    assert len(await wire.stage.decisions(request)) == 1
    (sentence,) = wire.stage.told(BOB)
    assert f"<@{BOB}>" in sentence


@pytest.mark.parametrize(
    "change",
    [
        {"X-Slack-Signature": None},
        {"X-Slack-Request-Timestamp": None},
        {"X-Slack-Signature": ""},
        {"X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Signature": "v0=é"},
        {"X-Slack-Signature": "☃"},
        {"X-Slack-Request-Timestamp": "soon"},
        {"X-Slack-Request-Timestamp": "١٢٣"},
        {"X-Slack-Request-Timestamp": "-1"},
        {"X-Slack-Request-Timestamp": "9" * 5_000},
        {"X-Slack-Request-Timestamp": ""},
    ],
    ids=lambda change: ascii(change)[:60],
)
async def test_e15_whatever_is_wrong_with_a_signature_the_answer_is_the_same_401(
    wire: Wire, change: dict[str, str | None], caplog: pytest.LogCaptureFixture
) -> None:
    request = await wire.stage.ask()
    body = form(await wire.stage.payload(BOB, request))
    changed = {**wire.headers(body), **change}
    headers = {name: text for name, text in changed.items() if text is not None}

    answer = await wire.post(body, headers)

    assert answer == (401, "not signed")
    assert (await wire.stage.stored(request)).status is Status.PENDING
    assert "nonce" not in caplog.text


async def test_e15_a_changed_body_is_not_signed(wire: Wire) -> None:
    request = await wire.stage.ask()
    body = form(await wire.stage.payload(BOB, request))

    assert await wire.post(body + b"&x=1", wire.headers(body)) == (401, "not signed")


GARBAGE = [
    b"payload=[]",
    b"payload=%7B",
    b"payload=" + b"[" * 100_000,
    b"payload=%ff%fe",
    b"payload=%7B%22a%22%3A1%2C%22a%22%3A2%7D",
    b"payload=NaN",
    b"payload={}&payload={}",
    b"\xff\xfe\x00",
    b"a",
    b"&" * 500,
    b"&".join(b"x%d=1" % number for number in range(200)),
]


@pytest.mark.parametrize("body", GARBAGE, ids=lambda body: ascii(body)[:30])
async def test_e16_unsigned_garbage_is_401_and_signed_garbage_400(wire: Wire, body: bytes) -> None:
    unsigned = await wire.post(body, {"Content-Type": FORM})
    signed = await wire.post(body)

    assert unsigned == (401, "not signed")
    assert signed == (400, "bad request")


@pytest.mark.parametrize(
    "body", [b"payload={}", b"{}", b"command=%2Fagent&team_id=T0LOCAL", b"payload={%22type%22:1}"]
)
async def test_e16_well_formed_nonsense_is_answered_and_leaves_the_door_open(
    wire: Wire, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    headers = wire.headers(body)
    if body == b"{}":
        headers["Content-Type"] = "application/json"

    assert (await wire.post(body, headers))[0] == 200
    assert [record for record in caplog.records if record.exc_info] == []
    request = await wire.stage.ask()
    await wire.post(form(await wire.stage.payload(BOB, request)))
    assert (await wire.stage.stored(request)).status is Status.APPROVED


@pytest.mark.parametrize(
    "nonsense",
    [{}, {"type": 1}, {"type": "block_actions"}, {"type": "block_actions", "actions": [[]]}],
    ids=str,
)
async def test_e16_nonsense_of_our_own_app_is_logged_with_an_id_and_no_traceback(
    wire: Wire, nonsense: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    slack = wire.stage.slack
    body = form({**nonsense, "api_app_id": slack.app_id, "team": {"id": slack.team_id}})

    assert (await wire.post(body))[0] == 200

    (logged,) = [each for each in caplog.records if "error id" in each.getMessage()]
    assert (logged.levelname, logged.exc_info) == ("ERROR", None)
    assert "malformed payload" in logged.getMessage()


async def test_e16_a_body_beyond_the_limit_is_refused_unread(wire: Wire) -> None:
    body = b"x" * (BODY_MAX_BYTES + 1)

    async with wire.client.post(
        wire.url, data=io.BytesIO(body), headers=wire.headers(body)
    ) as response:
        assert response.status == 413


@pytest.mark.parametrize(
    ("off_s", "status"), [(-301, 401), (-300, 200), (0, 200), (300, 200), (301, 401)]
)
async def test_e17_g10_the_clock_may_be_off_by_300_seconds_and_no_more(
    wire: Wire, off_s: int, status: int
) -> None:
    body = form(await wire.stage.payload(BOB, await wire.stage.ask()))
    at = int(wire.stage.clock.now().timestamp()) + off_s

    assert (await wire.post(body, wire.headers(body, at=at)))[0] == status


async def test_a_url_verification_is_answered_when_it_is_signed(wire: Wire) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "abc"}).encode()
    headers = {**wire.headers(body), "Content-Type": "application/json"}

    assert await wire.post(body, headers) == (200, json.dumps({"challenge": "abc"}))
    assert (await wire.post(body, {"Content-Type": "application/json"}))[0] == 401


async def test_slacks_certificate_check_is_answered_with_nothing(wire: Wire) -> None:
    assert await wire.post(b"token=x&ssl_check=1", {"Content-Type": FORM}) == (200, "")


async def test_a_slash_command_is_answered_in_the_response(wire: Wire) -> None:
    body = urlencode(
        {
            "command": "/approvals",
            "text": "help",
            "user_id": BOB,
            "team_id": wire.stage.slack.team_id,
            "api_app_id": wire.stage.slack.app_id,
            "channel_id": PROD,
            "trigger_id": "1.2.3",
            "is_enterprise_install": "false",
        }
    ).encode()

    status, text = await wire.post(body)

    assert status == 200
    assert json.loads(text)["response_type"] == "ephemeral"
