"""A model server for demos and tests: OpenAI's chat API on loopback, answered by the planner.

Whatever it does comes from the schemas and messages in the body (`planning.plan.next_turn`); it
keeps no conversation, so it can be stopped and started between two turns. It is no language model.
"""

import hmac
import json
import secrets
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from aiohttp import web
from pydantic import SecretStr, ValidationError

from bot.demo.chat_wire import (
    ChatRequest,
    Completion,
    FunctionCall,
    WireToolCall,
    error,
    stream,
    whole,
)
from bot.demo.planning.plan import Turn, next_turn

MODEL_NAME = "sayso-scripted"
_BODY_MAX_BYTES = 4 * 1024 * 1024
_SHUTDOWN_TIMEOUT_S = 0.2


class _FaultError(Exception):
    """A request that gets an error body."""

    def __init__(
        self, message: str, *, status: int = 400, code: str | None = None, param: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = error(message, code=code, param=param)


class ScriptedModel:
    """The server; `async with` starts and stops it. `base_url` and `api_key` are for the client."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.api_key = SecretStr(f"sk-scripted-{secrets.token_hex(16)}")
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        """Where clients point their OpenAI base URL, `/v1` included."""
        return f"http://{self._host}:{self._port}/v1"

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[_errors], client_max_size=_BODY_MAX_BYTES)
        app[_API_KEY] = self.api_key
        app.router.add_get("/v1/models", _models)
        app.router.add_get("/v1/models/{name}", _model)
        app.router.add_post("/v1/chat/completions", _chat)
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=_SHUTDOWN_TIMEOUT_S, handle_signals=False
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()


_API_KEY = web.AppKey("api_key", SecretStr)


@web.middleware
async def _errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Check the key, and write every refusal as an OpenAI error body."""
    try:
        _check_key(request)
        return await handler(request)
    except _FaultError as fault:
        return web.json_response(fault.body, status=fault.status)
    except web.HTTPRequestEntityTooLarge:
        body = error(f"The body is larger than {_BODY_MAX_BYTES} bytes.")
        return web.json_response(body, status=413)
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as refused:
        body = error(f"Unknown request URL: {request.method} {request.path}.", code="unknown_url")
        return web.json_response(body, status=refused.status)


def _check_key(request: web.Request) -> None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    expected = request.app[_API_KEY].get_secret_value()
    if scheme.lower() != "bearer" or not key.strip():
        raise _FaultError("You didn't provide an API key: send it as a bearer.", status=401)
    if not hmac.compare_digest(key.strip().encode(), expected.encode()):
        raise _FaultError("Incorrect API key provided.", status=401, code="invalid_api_key")


async def _models(_: web.Request) -> web.Response:
    return web.json_response({"object": "list", "data": [_model_entry()]})


async def _model(request: web.Request) -> web.Response:
    _check_model(request.match_info["name"])
    return web.json_response(_model_entry())


def _model_entry() -> dict[str, object]:
    return {"id": MODEL_NAME, "object": "model", "created": 0, "owned_by": "sayso"}


def _check_model(name: str) -> None:
    if name != MODEL_NAME:
        message = f"The model `{name}` does not exist; this server has `{MODEL_NAME}`."
        raise _FaultError(message, status=404, code="model_not_found", param="model")


async def _chat(request: web.Request) -> web.StreamResponse:
    chat = _parsed(await request.read())
    _check_model(chat.model)
    completion = _completion(chat, _turn(chat))
    if not chat.stream:
        return web.json_response(whole(completion))
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
    )
    await response.prepare(request)
    for event in stream(completion, include_usage=chat.stream_options.include_usage):
        await response.write(event)
    await response.write_eof()
    return response


def _parsed(body: bytes) -> ChatRequest:
    try:
        chat = ChatRequest.model_validate_json(body)
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_context=False)[0]
        param = ".".join(str(part) for part in first["loc"]) or None
        raise _FaultError(f"{first['msg']} ({param})", param=param) from invalid
    fault = chat.unanswered()
    if fault:
        raise _FaultError(f"Invalid conversation: {fault}", param="messages")
    return chat


def _turn(chat: ChatRequest) -> Turn:
    tools = [tool.function.model_dump() for tool in chat.tools]
    if chat.tool_choice == "none":
        tools = []
    elif isinstance(chat.tool_choice, dict):
        function = chat.tool_choice.get("function")
        wanted = function.get("name") if isinstance(function, dict) else None
        tools = [tool for tool in tools if tool["name"] == wanted]
        if not tools:
            message = "tool_choice names a function that is not in tools."
            raise _FaultError(message, param="tool_choice")
    messages = [message.model_dump() for message in chat.messages]
    return next_turn(messages, tools, parallel=chat.parallel_tool_calls)


def _completion(chat: ChatRequest, turn: Turn) -> Completion:
    calls = tuple(
        WireToolCall(
            id=f"call_{secrets.token_hex(12)}",
            function=FunctionCall(name=call.tool, arguments=json.dumps(call.arguments)),
        )
        for call in turn.calls
    )
    return Completion(
        id=f"chatcmpl-{secrets.token_hex(12)}",
        model=chat.model,
        created=0,
        text=turn.text,
        calls=calls,
        prompt_tokens=len(chat.model_dump_json()) // 4,
    )
