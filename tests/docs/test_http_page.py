"""docs/how-to/ask-over-http.md and its example, against a running gateway."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from approvals.domain.key import Scope
from tests.docs.fenced import ROOT, blocks
from tests.http.api_in_test import Api, an_api

PAGE = ROOT / "docs" / "how-to" / "ask-over-http.md"
EXAMPLE = ROOT / "examples" / "ask_over_http.py"


@pytest_asyncio.fixture
async def api() -> AsyncIterator[Api]:
    async with an_api() as opened:
        yield opened


async def printed(api: Api, *command: str) -> asyncio.subprocess.Process:
    surroundings = {**os.environ, "SAYSO_URL": api.url, "SAYSO_KEY": await api.key(Scope.REQUEST)}
    return await asyncio.create_subprocess_exec(
        *command, env=surroundings, stdout=asyncio.subprocess.PIPE
    )


async def test_the_example_runs_what_a_person_approved_and_reports_it(api: Api) -> None:
    running = await printed(api, sys.executable, str(EXAMPLE), "7")
    asked = await api.behind.pending()
    await api.behind.clicks(asked.id)
    out, _ = await running.communicate()

    permit = await api.behind.store.look(lambda snapshot: snapshot.permit(asked.id))
    assert out.decode() == "A person approved this call.\ncheckout restarted\n"
    assert permit is not None
    assert permit.result == "checkout restarted"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")
async def test_the_call_of_the_page_asks(api: Api) -> None:
    (session,) = (each.text for each in blocks(PAGE) if each.label == "session")
    out, _ = await (await printed(api, "sh", "-c", session)).communicate()

    assert json.loads(out)["status"] == "pending"
