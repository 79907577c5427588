"""Hands for other processes: switch on faults, act as a person and look, over HTTP on loopback.

`POST /sandbox/faults`, `POST /sandbox/hands`, `GET /sandbox/messages`, `/sandbox/ephemerals`,
`/sandbox/views`, `/sandbox/calls`. Requests must name a loopback host, and posts must be JSON, so
that no web page elsewhere can send or read them.
"""

import dataclasses
from typing import TYPE_CHECKING

from aiohttp import web
from pydantic import ValidationError, validate_call

from bot.sandbox.faults import FaultUnknownError, fault_from_json, mistakes
from bot.sandbox.hands.reach import InteractionResult
from bot.sandbox.interactions import NoSuchPlaceError
from bot.sandbox.nouns import JsonObject
from bot.sandbox.web_api.arguments import loads

if TYPE_CHECKING:
    from bot.sandbox.server import LocalSlack

_LOOPBACK = {"127.0.0.1", "localhost", "[::1]", "::1"}
_HANDS = {
    "click",
    "click_in_view",
    "submit_view",
    "close_view",
    "slash_command",
    "open_home",
    "say",
    "use_shortcut",
    "deliver",
}


class Control:
    """The `/sandbox/…` routes of one local Slack."""

    def __init__(self, slack: "LocalSlack") -> None:
        self._slack = slack

    def routes(self) -> list[web.RouteDef]:
        """What to add to the application."""
        return [
            web.post("/sandbox/faults", self._faults),
            web.delete("/sandbox/faults", self._clear),
            web.post("/sandbox/hands", self._act),
            web.get("/sandbox/messages", self._messages),
            web.get("/sandbox/ephemerals", self._ephemerals),
            web.get("/sandbox/views", self._views),
            web.get("/sandbox/calls", self._calls),
        ]

    async def _faults(self, request: web.Request) -> web.Response:
        described = await _json_of(request)
        try:
            await self._slack.faults.switch_on(fault_from_json(described))
        except FaultUnknownError as error:
            return web.json_response({"ok": False, "error": str(error)}, status=400)
        return web.json_response({"ok": True})

    async def _clear(self, request: web.Request) -> web.Response:
        _refuse_strangers(request)
        self._slack.faults.clear()
        return web.json_response({"ok": True})

    async def _act(self, request: web.Request) -> web.Response:
        """`{"do": "click", …}` with the arguments of the `Interactions` method of that name."""
        described = await _json_of(request)
        do = described.pop("do", None)
        if not isinstance(do, str) or do not in _HANDS:
            return web.json_response({"ok": False, "error": "no such act"}, status=400)
        try:
            act = validate_call(getattr(self._slack.interactions, do))
            result = await act(**described)
        except ValidationError as error:
            return web.json_response({"ok": False, "error": mistakes(error)}, status=400)
        except NoSuchPlaceError as error:
            return web.json_response({"ok": False, "error": str(error)}, status=400)
        shown = dataclasses.asdict(result) if isinstance(result, InteractionResult) else result
        return web.json_response({"ok": True, "result": shown})

    async def _messages(self, request: web.Request) -> web.Response:
        _refuse_strangers(request)
        query = request.query
        found = self._slack.workspace.messages(
            query.get("channel", ""), thread_ts=query.get("thread_ts")
        )
        return web.json_response([dataclasses.asdict(message) for message in found])

    async def _ephemerals(self, request: web.Request) -> web.Response:
        _refuse_strangers(request)
        found = self._slack.workspace.ephemerals(request.query.get("person", ""))
        return web.json_response([dataclasses.asdict(message) for message in found])

    async def _views(self, request: web.Request) -> web.Response:
        _refuse_strangers(request)
        stack = self._slack.workspace.view_stack(request.query.get("person", ""))
        return web.json_response([dataclasses.asdict(view) for view in stack])

    async def _calls(self, request: web.Request) -> web.Response:
        _refuse_strangers(request)
        return web.json_response([dataclasses.asdict(call) for call in self._slack.calls])


async def _json_of(request: web.Request) -> JsonObject:
    _refuse_strangers(request)
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    try:
        decoded = loads((await request.read()).decode())
    except (ValueError, RecursionError):
        decoded = None
    if not isinstance(decoded, dict):
        raise web.HTTPBadRequest(text="a JSON object is expected")
    return decoded


def _refuse_strangers(request: web.Request) -> None:
    host, _, _ = request.host.rpartition(":")
    if (host or request.host) not in _LOOPBACK:
        raise web.HTTPForbidden(text="the local Slack answers to loopback names only")
