"""The Web API's door: token, scope, faults, method, record, in this order.

Every request to `/api/METHOD` comes through here and leaves with Slack's envelope. Nothing a client
sends makes it fail with a traceback.
"""

import asyncio
import logging
import secrets
import sqlite3

from aiohttp import web

from bot.sandbox.calls import Call, Calls
from bot.sandbox.error_codes import SlackError
from bot.sandbox.faults import REPLY_KINDS, Fault, FaultKind, Faults
from bot.sandbox.nouns import JsonObject
from bot.sandbox.web_api.arguments import Arguments, read_arguments
from bot.sandbox.web_api.auth import app_token_identity
from bot.sandbox.web_api.context import Context
from bot.sandbox.web_api.methods import APP_TOKEN_METHOD, METHODS

_LOG = logging.getLogger(__name__)
_INSTEAD = {FaultKind.RATE_LIMITED, FaultKind.SERVER_ERROR, FaultKind.ERROR}
"""Faults that keep the call from being carried out."""


class WebApi:
    """Answers the Web API for one workspace."""

    def __init__(self, context: Context, *, faults: Faults, calls: Calls) -> None:
        self._context = context
        self._faults = faults
        self._calls = calls

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The aiohttp handler of `/api/{method}`."""
        method = request.match_info["method"]
        try:
            token, arguments = await read_arguments(request)
        except SlackError as error:
            return self._reply(error.as_json())
        fault = self._faults.take(REPLY_KINDS, method=method, channel=_channel_of(arguments))
        if fault is not None and fault.kind in _INSTEAD:
            self._record(method, arguments, error=str(fault.kind), wait_s=_retry_after_s(fault))
            return _refusal(fault)
        body = self._carry_out(method, token, arguments)
        if fault is not None and fault.kind is FaultKind.LOST_REPLY:
            _cut(request)
        if fault is not None and fault.kind is FaultKind.SLOW_REPLY:
            await asyncio.sleep(fault.seconds)
        return self._reply(body)

    def _carry_out(self, method: str, token: str | None, arguments: Arguments) -> JsonObject:
        try:
            self._check_token(method, token)
            body = {"ok": True, **self._result(method, token, arguments)}
        except SlackError as error:
            body = error.as_json()
        except sqlite3.Error as error:
            _LOG.error("%s could not be stored: %s", method, error)
            body = SlackError("internal_error").as_json()
        self._record(method, arguments, error=body.get("error"))
        return body

    def _result(self, method: str, token: str | None, arguments: Arguments) -> JsonObject:
        if method == "auth.test" and token == self._context.seed.app_token:
            return app_token_identity(self._context)
        return METHODS[method].answer(self._context, arguments)

    def _check_token(self, method: str, token: str | None) -> None:
        seed = self._context.seed
        if method not in METHODS:
            raise SlackError("unknown_method", req_method=method)
        if token is None:
            raise SlackError("not_authed")
        if token not in {seed.bot_token, seed.app_token}:
            raise SlackError("invalid_auth")
        wants_app_token = method == APP_TOKEN_METHOD
        if method != "auth.test" and wants_app_token != (token == seed.app_token):
            raise SlackError("not_allowed_token_type")
        needed = METHODS[method].scopes
        if needed and not set(needed) & set(seed.bot_scopes):
            provided = ",".join(seed.bot_scopes)
            raise SlackError("missing_scope", needed=",".join(needed), provided=provided)

    def _record(
        self, method: str, arguments: Arguments, *, error: str | None, wait_s: int | None = None
    ) -> None:
        self._calls.record(
            Call(
                method=method,
                arguments=dict(arguments.sent),
                at_s=self._context.clock.epoch_s(),
                error=error,
                retry_after_s=wait_s,
            )
        )

    def _reply(self, body: JsonObject) -> web.Response:
        headers = {
            "x-oauth-scopes": ",".join(self._context.seed.bot_scopes),
            "x-slack-req-id": secrets.token_hex(16),
        }
        return web.json_response(body, headers=headers)


def _retry_after_s(fault: Fault) -> int | None:
    return max(1, round(fault.seconds)) if fault.kind is FaultKind.RATE_LIMITED else None


def _refusal(fault: Fault) -> web.Response:
    if fault.kind is FaultKind.RATE_LIMITED:
        headers = {"Retry-After": str(_retry_after_s(fault))}
        return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
    if fault.kind is FaultKind.SERVER_ERROR:
        return web.Response(status=fault.status, text="upstream connect error")
    return web.json_response({"ok": False, "error": fault.code})


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _channel_of(arguments: Arguments) -> str | None:
    channel = arguments.sent.get("channel")
    return channel if isinstance(channel, str) else None
