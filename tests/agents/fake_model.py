"""A model that misbehaves on purpose: an OpenAI-compatible server that answers what a test says."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from bot.agents.spec import ModelSettings
from bot.demo.chat_wire import Completion, FunctionCall, WireToolCall, error, stream

Body = dict[str, Any]
Answer = str | list[tuple[str, dict[str, Any]]] | int
"""A text, tool calls as (name, arguments), or an HTTP status to fail with."""


@asynccontextmanager
async def fake_model(
    answer: Callable[[Body], Answer | bytes], **settings: Any
) -> AsyncIterator[ModelSettings]:
    """Run the server; *answer* gets each request's body. Bytes are sent as they are."""

    async def chat(request: web.Request) -> web.StreamResponse:
        said = answer(await request.json())
        if isinstance(said, int):
            return web.json_response(error("as the test wants it"), status=said)
        body = said if isinstance(said, bytes) else streamed(said)
        return web.Response(body=body, content_type="text/event-stream")

    app = web.Application()
    app.router.add_post("/v1/chat/completions", chat)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    try:
        yield ModelSettings(
            base_url=f"http://127.0.0.1:{port}/v1",
            model="fake",
            api_key=SecretStr("sk-fake"),
            retries=0,
            timeout_s=5,
            **settings,
        )
    finally:
        await runner.cleanup()


def streamed(said: str | list[tuple[str, dict[str, Any]]]) -> bytes:
    # The ids repeat from turn to turn, as those of small models do.
    calls = tuple(
        WireToolCall(id=f"call_{n}", function=FunctionCall(name=name, arguments=json.dumps(args)))
        for n, (name, args) in enumerate([] if isinstance(said, str) else said)
    )
    text = said if isinstance(said, str) else ""
    completion = Completion(
        id="chatcmpl-1", model="fake", created=0, text=text, calls=calls, prompt_tokens=100
    )
    return b"".join(stream(completion, include_usage=True))


def results_in(body: Body) -> list[str]:
    """The texts of the tool messages in a request."""
    return [m["content"] for m in body["messages"] if m["role"] == "tool"]
