"""Which model answers in `sayso demo`: the script whatever the shell holds, another when told."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.programs import running
from tests.sayso_here import SaysoHere

CHANNEL = "C0PROD"
KEY = "sk-of-the-shell"
SENTENCE = "The real one speaks."
pytestmark = pytest.mark.timeout(180)


@dataclass(slots=True)
class RealModel:
    """A model server on loopback that says one sentence and remembers who asked."""

    url: str = ""
    heard: list[tuple[str, str]] = field(default_factory=list)
    """Key and model's name of every request."""

    @property
    def environment(self) -> dict[str, str]:
        """The shell of somebody who works with it, in a network with a proxy."""
        return {
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9"),
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": f"{self.url}/v1",
            "SAYSO_MODEL": "large-1",
        }

    async def answer(self, request: web.Request) -> web.Response:
        asked: dict[str, Any] = await request.json()
        key = request.headers["Authorization"].removeprefix("Bearer ")
        self.heard.append((key, asked["model"]))
        said = {"role": "assistant", "content": SENTENCE}
        choice = {"index": 0, "delta": said, "finish_reason": "stop"}
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "large-1"}
        line = json.dumps({**chunk, "choices": [choice]})
        return web.Response(
            text=f"data: {line}\n\ndata: [DONE]\n\n", content_type="text/event-stream"
        )


@pytest.fixture
async def real_model() -> AsyncIterator[RealModel]:
    model = RealModel()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", model.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    model.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield model
    await runner.cleanup()


async def _answered(real_model: RealModel, *flags: str) -> str:
    """Ask the demo for something; return what its agent said in the end."""
    command = ("demo", "--no-open", "--port", "0", *flags)
    async with (
        running(*command, up="http://", env=real_model.environment) as demo,
        aiohttp.ClientSession(demo.lines[0]) as http,
    ):
        asked = {"do": "slash_command", "person_id": "U0ALICE", "channel": CHANNEL}
        await http.post("/sandbox/hands", json={**asked, "text": "/agent is checkout up in prod?"})
        async with asyncio.timeout(50):
            while not (said := await _thread(http)) or "Calling" in said or "returned" in said:
                await asyncio.sleep(0.05)
        assert (await demo.end()).complaint == ""
        return said


async def _thread(http: aiohttp.ClientSession) -> str:
    """Return what was said last in the thread of the one task, if anything was."""
    tasks = await _messages(http, channel=CHANNEL)
    replies = await _messages(http, channel=CHANNEL, thread_ts=tasks[0]["ts"]) if tasks else []
    return str(replies[-1]["text"]) if replies[1:] else ""


async def _messages(http: aiohttp.ClientSession, **where: str) -> list[dict[str, Any]]:
    async with http.get("/sandbox/messages", params=where) as answer:
        return list(await answer.json())


@pytest.mark.long
async def test_the_script_answers_whatever_keys_the_shell_holds(real_model: RealModel) -> None:
    said = await _answered(real_model)

    assert "service_status(service=checkout, environment=prod): version" in said
    assert real_model.heard == []


@pytest.mark.long
async def test_another_model_is_asked_by_the_name_and_with_the_key_of_the_shell(
    real_model: RealModel,
) -> None:
    said = await _answered(real_model, "--real-model")

    assert SENTENCE in said
    assert real_model.heard == [(KEY, "large-1")]


@pytest.mark.parametrize("shell", [{}, {"OPENAI_API_KEY": ""}])
def test_another_model_without_a_key_is_refused_in_one_line(
    shell: dict[str, str], sayso_here: SaysoHere
) -> None:
    ended = sayso_here("demo", "--no-open", "--port", "0", "--real-model", env=shell)

    assert (ended.code, ended.printed) == (2, "")
    assert ended.complaints == ["sayso demo: --real-model needs OPENAI_API_KEY – set it"]
