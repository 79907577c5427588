"""Where the gateway listens, and that nothing is open to other machines without a key."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from bot.http.api import routes
from tests.security.whole_gateway import a_whole_gateway

ELSEWHERE = "127.0.0.2"
"""This machine's too, but not the address that is bound: as other machines reach it."""


def is_open(host: str, port: int) -> bool:
    with socket.socket() as plug:
        plug.settimeout(2)
        return plug.connect_ex((host, port)) == 0


async def test_G6_by_itself_the_gateway_listens_on_this_machine_alone(tmp_path: Path) -> None:
    async with a_whole_gateway(tmp_path) as whole:
        port = urlsplit(whole.running.url).port
        assert port is not None

        assert is_open("127.0.0.1", port)
        assert not is_open(ELSEWHERE, port)


async def test_G6_open_to_other_machines_it_answers_nobody_without_a_key(tmp_path: Path) -> None:
    async with (
        a_whole_gateway(tmp_path, SAYSO_HTTP_HOST="0.0.0.0") as whole,
        aiohttp.ClientSession() as client,
    ):
        port = urlsplit(whole.running.url).port
        assert port is not None
        assert is_open(ELSEWHERE, port)
        url = f"http://{ELSEWHERE}:{port}"
        for route in routes():
            place = url + route.path.replace("{id}", "x")
            async with client.request(route.method.value, place, json={}) as answer:
                assert (answer.status, (await answer.json())["code"]) == (401, "key_refused")
        async with client.get(f"{url}/readyz") as answer:
            told = await answer.json(content_type=None)
        async with client.post(f"{url}/slack/events", data=b"payload={}") as slack:
            assert not slack.ok

    assert set(told) <= {"status", "wrong", "notes"}
    assert str(tmp_path) not in str(told)
