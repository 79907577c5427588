"""Who may read the page and act through it."""

from typing import Any

import aiohttp
import pytest

from tests.sandbox_page.browserlike import Browserlike
from tests.sandbox_page.cards import approval_card, reason_modal

pytestmark = pytest.mark.asyncio(loop_scope="session")

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize(
    "path", ["/", "/c/C0PROD", "/home", "/page/dialog", "/page/static/page.js", "/c/NONE"]
)
async def test_every_answer_carries_the_strict_policy(tab: Browserlike, path: str) -> None:
    async with tab.session.get(tab.desk.url + path) as answer:
        assert answer.headers["Content-Security-Policy"] == CSP
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_the_document_has_no_inline_script_style_or_handler(tab: Browserlike) -> None:
    tab.desk.post("card", blocks=approval_card())
    tab.desk.workspace.views.push("U0ALICE", reason_modal())
    root = await tab.see("/c/C0PROD")
    assert all(one.text == "" for one in root.all("script"))
    assert root.all("style") == []
    for one in root.all():
        assert not [n for n in one.attributes if n == "style" or n.startswith("on")]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[", "[::2]"]
)
async def test_a_request_naming_another_host_sees_nothing(tab: Browserlike, host: str) -> None:
    async with tab.session.get(tab.desk.url, headers={"Host": host}) as answer:
        assert (answer.status, await answer.json()) == (421, {"error": "wrong_host"})


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "", "http://127.0.0.1:1"])
async def test_a_post_from_another_page_does_nothing(tab: Browserlike, origin: str) -> None:
    body = {"as": "U0BOB", "channel": "C0PROD", "text": "hi"}
    status, answer = await tab.do("say", body, Origin=origin)
    assert (status, answer, tab.desk.interactions.deeds) == (403, {"error": "wrong_origin"}, [])


@pytest.mark.parametrize("token", ["", "guess", "ä"])
async def test_a_post_without_the_pages_token_does_nothing(tab: Browserlike, token: str) -> None:
    tab.token = token
    status, answer = await tab.do("open-home", {"as": "U0BOB"})
    assert (status, answer["error"], tab.desk.interactions.deeds) == (403, "wrong_page_token", [])


async def test_a_socket_from_another_page_is_refused(tab: Browserlike) -> None:
    url = f"{tab.desk.url}/page/live"
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await tab.session.ws_connect(url, headers={"Origin": "http://evil.example"})


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        {},
        {"as": 7, "action_id": "a"},
        {"as": "U0BOB"},
        {"as": "U0BOB", "action_id": "a", "extra": 1},
        {"as": "U0BOB", "action_id": "a" * 256},
        {"as": "U0BOB", "action_id": "a", "values": {"b": {"c": {"d": 1}}}},
    ],
)
async def test_a_malformed_post_is_refused_with_its_places(tab: Browserlike, body: Any) -> None:
    status, answer = await tab.do("click", body)
    assert (status, answer["error"]) == (400, "malformed")
    assert tab.desk.interactions.deeds == []


async def test_an_unknown_deed_is_not_found(tab: Browserlike) -> None:
    assert await tab.do("fly", {}) == (404, {"error": "unknown_deed"})


async def test_only_the_pages_own_files_are_served(tab: Browserlike) -> None:
    for name in ("routes.py", "..%2Froutes.py", "%2e%2e/nouns.py", "absent.js"):
        async with tab.session.get(f"{tab.desk.url}/page/static/{name}") as answer:
            assert answer.status == 404
