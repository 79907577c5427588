"""The web inbox of the examples in a real Chromium: seen, reviewed and decided on the stream."""

import importlib.util
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from approvals.domain.decision import Verdict
from approvals.domain.key import Scope
from approvals.operations.revoke_key import revoke_key
from tests.browser_launch import IN_CHROMIUM, Troubles, in_the_tab
from tests.engine.gateway_in_test import UNFOLDED
from tests.fakes.people import BOB
from tests.http.api_in_test import OPERATOR, Api, an_api

pytestmark = IN_CHROMIUM
PLACE = Path("examples/web_inbox/serve.py")
SNEAKY = {"service": "web\u202egpj.exe", "note": "<img src=x onerror=alert(1)>"}


def the_example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("web_inbox", PLACE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest_asyncio.fixture(loop_scope="session")
async def api() -> AsyncIterator[Api]:
    async with an_api(policy=UNFOLDED) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def inbox(the_tab: Page, api: Api) -> AsyncIterator[Page]:
    """The page, before a key was given; a script error fails the test."""
    troubles = Troubles()
    with the_example().server(api.url, port=0) as pages:
        thread = threading.Thread(target=pages.serve_forever, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{pages.server_port}"
        api.streams.origins = frozenset({address})
        async with in_the_tab(the_tab, troubles) as page:
            await page.goto(address)
            yield page
        pages.shutdown()
        thread.join()
    assert troubles.heard == []


async def enters(inbox: Page, key: str) -> None:
    await inbox.fill("#key", key)
    await inbox.click("#enter button")
    await expect(inbox.locator("#connection")).to_have_text(f"Connected as {BOB}")


async def test_A5_A9_what_an_agent_asks_appears_is_reviewed_and_approved(
    inbox: Page, api: Api
) -> None:
    """What is hidden is written out, and nothing an agent says becomes markup."""
    await enters(inbox, await api.key(Scope.DECIDE, Scope.READ, owner=BOB))
    agent = await api.key()
    asked = await api.ask(agent, args=SNEAKY, reason="*Risk:* low ✅ <b>Pre-approved</b>")
    card = inbox.locator("#waiting .card")
    await expect(card.locator(".tool")).to_have_text("restart_service")
    await expect(card.locator(".says")).to_contain_text("<b>Pre-approved</b>")
    await expect(card.locator(".approve")).to_be_hidden()

    await card.locator(".open").click()
    await expect(card.locator(".arguments")).to_contain_text("web⟦U+202E⟧gpj.exe")
    await expect(card.locator(".arguments")).to_contain_text("<img src=x")
    await card.locator(".reason").fill("Maintenance window")
    await card.locator(".approve").click()

    await expect(inbox.locator("#settled .told")).to_have_text(
        f"approved by {BOB}: Maintenance window"
    )
    read = await api.call("GET", f"/v1/approvals/{asked.body['id']}", agent)
    assert read.body["outcome"]["kind"] == "approved"


@pytest.mark.long
async def test_what_somebody_else_decided_is_told_and_cannot_be_decided_here(
    inbox: Page, api: Api
) -> None:
    asked = await api.ask(await api.key())
    await enters(inbox, await api.key(Scope.DECIDE, Scope.READ, owner=BOB))
    await inbox.locator("#waiting .open").click()
    await expect(inbox.locator(".approve")).to_be_visible()

    await api.behind.delivered()
    await api.behind.clicks(asked.body["id"], verdict=Verdict.REJECT, reason="Not today")

    await expect(inbox.locator("#settled .told")).to_have_text(f"rejected by {BOB}: Not today")
    await expect(inbox.locator(".approve")).to_be_hidden()
    await expect(inbox.locator("#nothing")).to_be_visible()


@pytest.mark.long
async def test_a_lost_connection_comes_back_with_what_happened_meanwhile(
    inbox: Page, api: Api
) -> None:
    first = await api.ask(await api.key())
    await enters(inbox, await api.key(Scope.DECIDE, Scope.READ, owner=BOB))
    await expect(inbox.locator("#waiting .card")).to_have_count(1)
    await api.streams.close()
    await api.call("POST", f"/v1/approvals/{first.body['id']}/cancel", await api.key(), {})
    await api.ask(await api.key(), args={"service": "db"})

    await expect(inbox.locator("#settled .told")).to_contain_text("cancelled")
    await expect(inbox.locator("#waiting .card")).to_have_count(1)


@pytest.mark.long
async def test_G15_a_key_that_is_taken_back_leaves_the_inbox(inbox: Page, api: Api) -> None:
    key = await api.key(Scope.DECIDE, Scope.READ, owner=BOB)
    await enters(inbox, key)
    await revoke_key(api.behind.desk, key, by=OPERATOR)

    await expect(inbox.locator("#trouble")).to_have_text("This key was taken back.")
    await expect(inbox.locator("#inbox")).to_be_hidden()
