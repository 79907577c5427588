"""What `/readyz` tells, and to whom: sentences to this machine, names of parts to others."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from bot.http.health import health_routes
from bot.http.serving import served

WRONG = {"slack": "Slack refuses the bot token."}
NOTES = {"freeze": "Everything is frozen by U0BOB: customer data was leaked"}


@pytest_asyncio.fixture
async def url() -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes(health_routes(lambda: WRONG, lambda: NOTES))
    async with served(app, host="127.0.0.1", port=0) as found:
        yield found


async def readiness(url: str, headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as client, client.get(f"{url}/readyz", headers=headers) as a:
        return a.status, await a.json()


async def test_on_this_machine_it_says_what_is_wrong_and_what_to_look_at(url: str) -> None:
    assert await readiness(url) == (503, {"status": "not ready", "wrong": WRONG, "notes": NOTES})


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"X-Real-IP": "203.0.113.9"},
        {"Host": "rebound.example"},
        {"Host": "sayso.example:443"},
        {"Host": "["},
    ],
    ids=str,
)
async def test_g5_through_a_proxy_or_under_another_name_it_names_parts_alone(
    url: str, headers: Mapping[str, str]
) -> None:
    status, said = await readiness(url, headers)

    assert (status, said["status"]) == (503, "not ready")
    assert (said["wrong"].keys(), said["notes"].keys()) == (WRONG.keys(), NOTES.keys())
    assert "token" not in str(said)
    assert "U0BOB" not in str(said)
    assert "leaked" not in str(said)
