"""A start that cannot work is refused with one sentence that names the remedy."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from approvals.domain.ids import ChannelId
from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.seed import ALL_SCOPES, default_seed
from bot.sandbox.server import LocalSlack
from bot.slack.door import SlackDoor
from bot.slack.features import scopes_of
from bot.slack.slack_settings import SlackSettings
from bot.slack.start_checks import StartRefused, check_settings
from tests.slack_door.scene import PROD, slack_settings


async def refusal(slack: LocalSlack, channel: str = PROD, **changed: Any) -> str:
    with pytest.raises(StartRefused) as refused:
        async with SlackDoor.open(
            slack_settings(slack, **changed), gateway="GW1", channels=[ChannelId(channel)]
        ):
            pass
    return str(refused.value)


@pytest.fixture
async def slack() -> Any:
    async with LocalSlack.running() as running:
        yield running


async def test_a_good_start_says_who_we_are(slack: LocalSlack) -> None:
    async with SlackDoor.open(slack_settings(slack), gateway="GW1", channels=[PROD]) as door:
        assert door.identity.app_id == slack.app_id
        assert door.identity.team == slack.team_id
        assert door.identity.bot_user == "U0SAYSO"


async def test_a_bad_bot_token(slack: LocalSlack) -> None:
    sentence = await refusal(slack, bot_token="xoxb-wrong")

    assert sentence.startswith("Slack refuses the bot token (invalid_auth).")
    assert "OAuth & Permissions" in sentence
    assert "xoxb-wrong" not in sentence


async def test_a_bad_app_token(slack: LocalSlack) -> None:
    sentence = await refusal(slack, app_token="xapp-1-A0SAYSO-wrong")

    assert sentence.startswith("Slack refuses the app-level token (invalid_auth).")
    assert "App-Level Tokens" in sentence


async def test_swapped_tokens(slack: LocalSlack) -> None:
    sentence = await refusal(slack, bot_token=slack.app_token, app_token=slack.bot_token)

    assert sentence == "The bot token and the app-level token are swapped: exchange the two."


@pytest.mark.parametrize("scope", sorted(scopes_of([])))
async def test_a_missing_scope(scope: str) -> None:
    scopes = tuple(each for each in ALL_SCOPES if each != scope)
    async with LocalSlack.running(seed=replace(default_seed(), bot_scopes=scopes)) as slack:
        sentence = await refusal(slack)

    assert sentence.startswith(f"The bot token lacks the scopes {scope}.")
    assert "manifest.yml" in sentence


async def test_an_app_token_that_may_open_no_socket(slack: LocalSlack) -> None:
    await slack.faults.switch_on(
        Fault(kind=FaultKind.ERROR, method="apps.connections.open", code="missing_scope")
    )

    sentence = await refusal(slack)

    assert sentence.startswith("The app-level token lacks the scope connections:write.")
    assert "App-Level Tokens" in sentence


async def test_a_slack_that_asks_us_to_wait(slack: LocalSlack) -> None:
    await slack.faults.switch_on(Fault(kind=FaultKind.RATE_LIMITED, method="auth.test", seconds=7))

    assert await refusal(slack) == "Slack asks us to wait 7 s before we start again."


async def test_an_app_token_of_another_app() -> None:
    seed = replace(default_seed(), app_token="xapp-1-A0OTHER-0123")
    async with LocalSlack.running(seed=seed) as slack:
        sentence = await refusal(slack)

    assert "belongs to app A0OTHER and the bot token to app A0SAYSO" in sentence


@pytest.mark.parametrize(
    ("channel", "start", "remedy"),
    [
        ("C0LEADS", "Sayso is not in #leads-only.", "/invite"),
        ("C0OLD", "The policy's channel #old-launch is archived.", "Unarchive"),
        ("C0NOWHERE", "The policy's channel C0NOWHERE cannot be seen", "Correct its id"),
    ],
)
async def test_a_channel_of_the_policy_in_which_the_bot_cannot_work(
    slack: LocalSlack, channel: str, start: str, remedy: str
) -> None:
    sentence = await refusal(slack, channel)

    assert sentence.startswith(start)
    assert remedy in sentence


async def test_no_route(slack: LocalSlack) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()

    sentence = await refusal(slack, base_url=f"http://127.0.0.1:{port}/api/")

    assert sentence.startswith(f"Slack cannot be reached at http://127.0.0.1:{port}/api/:")
    assert "Start `sayso sandbox`" in sentence


async def test_a_host_that_does_not_exist(slack: LocalSlack) -> None:
    sentence = await refusal(slack, base_url="http://slack.invalid/api/")

    assert "cannot be resolved" in sentence or "proxy" in sentence


async def test_a_proxy_that_does_not_answer(slack: LocalSlack) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()

    sentence = await refusal(
        slack, base_url="http://slack.invalid/api/", proxy=f"http://127.0.0.1:{port}"
    )

    assert sentence.endswith("the proxy does not answer. Check HTTPS_PROXY.")


async def test_a_server_that_speaks_no_tls(slack: LocalSlack) -> None:
    sentence = await refusal(slack, base_url=slack.base_url.replace("http:", "https:"))

    assert "the certificate is not trusted" in sentence or "nothing accepts" in sentence


async def test_slack_that_is_down(slack: LocalSlack) -> None:
    await slack.faults.switch_on(Fault(kind=FaultKind.SERVER_ERROR, method="auth.test"))

    assert "it answered http_503. Try again" in await refusal(slack)


async def test_no_signing_secret_in_http_mode(slack: LocalSlack) -> None:
    sentence = await refusal(slack, transport="http", signing_secret=None)

    assert sentence.startswith("HTTP mode needs the signing secret.")


async def test_http_mode_needs_no_app_token(slack: LocalSlack) -> None:
    settings = slack_settings(slack, transport="http", app_token=None)

    async with SlackDoor.open(settings, gateway="GW1", channels=[PROD]) as door:
        assert door.identity.team == slack.team_id


def test_a_certificate_file_that_is_not_there(tmp_path: Path) -> None:
    settings = SlackSettings(bot_token="xoxb-1", app_token="xapp-1-A1-x")

    with pytest.raises(StartRefused, match="SSL_CERT_FILE names .*, which is no file"):
        check_settings(settings, {"SSL_CERT_FILE": str(tmp_path / "none.pem")})


def test_a_settings_object_never_shows_its_secrets() -> None:
    shown = repr(SlackSettings(bot_token="xoxb-9", app_token="xapp-9", signing_secret="s9"))

    assert not {"xoxb-9", "xapp-9", "s9"} & set(shown.replace("'", " ").split())
    assert "9" not in shown
