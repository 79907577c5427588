"""HTTPS_PROXY, SSL_CERT_FILE and NAME_FILE: `sayso serve` on a Slack only they lead to."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from approvals.domain.approval_request import Status
from bot.demo.world import POLICY_PATH
from bot.sandbox.server import LocalSlack
from tests.programs import running
from tests.slack_door.company_network import (
    AUTHORITY,
    BASE_URL,
    HOST,
    Proxy,
    SlackBehindTls,
    company_network,
)
from tests.slack_door.scene import ALICE, BOB, PROD, scene
from tests.slack_door.test_start_checks import refusal

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with SlackBehindTls.running() as opened:
        yield opened


@pytest.fixture
async def proxy(slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Proxy]:
    """The network, and a shell that knows how to get out of it."""
    async with company_network(slack.port) as opened:
        for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.setenv("HTTPS_PROXY", opened.url)
        monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))
        yield opened


@pytest.mark.long
async def test_a_gateway_reaches_slack_by_proxy_authority_and_secret_files_alone(
    tmp_path: Path, slack: LocalSlack, proxy: Proxy
) -> None:
    (tmp_path / "bot").write_text(f"{slack.bot_token}\n", "utf-8")
    (tmp_path / "app").write_text(f"  {slack.app_token}\n", "utf-8")
    command = ("serve", "--data", str(tmp_path / "data"), "--policy", str(POLICY_PATH))
    env = {
        "SLACK_BASE_URL": BASE_URL,
        "SLACK_BOT_TOKEN_FILE": str(tmp_path / "bot"),
        "SLACK_APP_TOKEN_FILE": str(tmp_path / "app"),
        "SAYSO_HTTP_PORT": "0",
    }

    async with running(*command, up="Sayso is serving", env=env) as gateway:
        typed = await slack.interactions.slash_command(ALICE, PROD, "/approvals help")
        ended = await gateway.end()

    assert typed.acked
    assert "Approve" in slack.workspace.ephemerals(ALICE, PROD)[0].text
    assert set(proxy.asked) == {f"CONNECT {HOST}:443"}
    assert len(proxy.asked) > 1  # the Web API's, and the socket's
    assert ended.code == 0


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SSL_CERT_FILE", "", "the certificate is not trusted. Point SSL_CERT_FILE at your"),
        ("HTTPS_PROXY", "", "its name cannot be resolved. Check the address and the DNS"),
        ("NO_PROXY", HOST, "its name cannot be resolved. Check the address and the DNS"),
        ("HTTPS_PROXY", "http://127.0.0.1:9", "the proxy does not answer. Check HTTPS_PROXY"),
    ],
)
async def test_without_one_of_them_the_start_is_refused_with_its_remedy(
    slack: LocalSlack,
    proxy: Proxy,
    monkeypatch: pytest.MonkeyPatch,
    *,
    name: str,
    value: str,
    sentence: str,
) -> None:
    monkeypatch.setenv(name, value)

    refused = await refusal(slack, base_url=BASE_URL)

    assert refused.startswith(f"Slack cannot be reached at {BASE_URL}: {sentence}")
    assert (proxy.asked != []) is (name == "SSL_CERT_FILE")


async def test_a_slack_on_this_machine_is_reached_past_the_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    async with scene(tmp_path) as stage:
        request = await stage.ask()
        await stage.click(BOB, request)

        assert (await stage.stored(request)).status is Status.APPROVED
