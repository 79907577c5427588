"""docs/how-to/remote-gate.md and its example, against a running gateway."""

import asyncio
import os
import sys

from tests.docs.fenced import ROOT, blocks
from tests.http.api_in_test import an_api

PAGE = ROOT / "docs" / "how-to" / "remote-gate.md"
EXAMPLE = ROOT / "examples" / "remote_gate.py"


async def test_the_page_shows_the_example_and_the_example_asks_elsewhere() -> None:
    (shown,) = (each.text for each in blocks(PAGE) if each.language == "py")
    assert shown in EXAMPLE.read_text(encoding="utf-8")

    async with an_api() as api:
        surroundings = {**os.environ, "SAYSO_URL": api.url, "SAYSO_KEY": await api.key()}
        running = await asyncio.create_subprocess_exec(
            *(sys.executable, str(EXAMPLE), "checkout", "7"),
            env=surroundings,
            stdout=asyncio.subprocess.PIPE,
        )
        asked = await api.behind.pending()
        await api.behind.clicks(asked.id)
        out, _ = await running.communicate()
        permit = await api.behind.store.look(lambda snapshot: snapshot.permit(asked.id))

    assert out.decode() == "checkout restarted\n"
    assert permit is not None
    assert permit.result == "checkout restarted"
