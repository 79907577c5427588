"""B7, B9, B10, B11: one mark of the account in Slack's answer is enough to be refused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from approvals.domain.approval_request import Status
from approvals.domain.ids import UserId
from bot.slack.directory import SlackDirectory
from bot.slack.identity import Identity
from bot.slack.slack_settings import SlackSettings
from bot.slack.web_api import WebApi, make_client, open_session
from tests.engine.gateway_in_test import a_gateway
from tests.fakes.people import BOB, TEAM

MEMBER = {"id": BOB, "team_id": TEAM, "is_restricted": False, "is_ultra_restricted": False}
OURS = Identity(app_id="A0", team=TEAM, team_name="Local", bot_user=UserId("U0SAYSO"))


@asynccontextmanager
async def a_slack_that_says(record: dict[str, Any]) -> AsyncIterator[SlackDirectory]:
    """A Slack that answers `users.info` with *record*, and our directory over it."""

    async def users_info(_: web.Request) -> web.Response:
        return web.json_response({"ok": True, "user": record})

    app = web.Application()
    app.router.add_route("*", "/api/users.info", users_info)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    settings = SlackSettings(
        bot_token="xoxb-1",
        base_url=f"http://127.0.0.1:{runner.addresses[0][1]}/api/",
    )
    try:
        async with open_session(settings) as session:
            client = make_client(settings, session, token=settings.bot_token)
            yield SlackDirectory(WebApi(client, timeout_s=5), OURS, settings=settings)
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("mark", "code"),
    [
        ({"is_bot": True}, "bot"),
        ({"is_workflow_bot": True}, "bot"),
        ({"is_connector_bot": True}, "bot"),
        ({"is_restricted": True}, "guest"),
        ({"is_ultra_restricted": True}, "guest"),
        ({"is_stranger": True}, "external_user"),
        ({"team_id": "T0OTHER"}, "external_user"),
        ({"deleted": True}, "deactivated_user"),
        ({"id": "U0ELSE"}, "identity_unverified"),
    ],
    ids=str,
)
async def test_b7_b9_b10_b11_one_mark_in_slacks_answer_refuses_an_approver(
    mark: dict[str, Any], code: str
) -> None:
    async with a_gateway() as gateway, a_slack_that_says({**MEMBER, **mark}) as directory:
        gateway.desk = replace(gateway.desk, directory=directory)
        call = gateway.asks()
        request = await gateway.pending()

        answer = await gateway.clicks(request.id)

        assert answer.refusal is not None
        assert answer.refusal.code == code
        stored = await gateway.store.request(request.id)
        assert stored is not None
        assert stored.is_pending
        assert await gateway.store.write(lambda tx: len(tx.decisions(request.id))) == 0
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)


async def test_an_approver_whom_slack_marks_as_nothing_decides() -> None:
    async with a_gateway() as gateway, a_slack_that_says(MEMBER) as directory:
        gateway.desk = replace(gateway.desk, directory=directory)
        call = gateway.asks()
        request = await gateway.pending()

        answer = await gateway.clicks(request.id)

        assert answer.request is not None
        assert answer.request.status is Status.APPROVED
        await call
