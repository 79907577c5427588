"""Signed HTTP: one aiohttp route that verifies raw bytes, then parses strictly, then dispatches.

Bolt would parse before it verifies and answer 500 to garbage (cases E15, E16); so it is handed an
already verified dict. Whatever is wrong with a signature, the answer is the same 401; nothing of a
body is ever logged or echoed.
"""

import logging
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from aiohttp import web

from approvals.domain import errors, strict_json
from approvals.operations.ports import Clock
from bot.slack.app import Ingress
from bot.slack.signature import is_signed

LOGGER = logging.getLogger("sayso.slack")
BODY_MAX_BYTES = 1024 * 1024
FIELDS_MAX = 100
SLACK_PATH = "/slack/events"


class SignedHttp:
    """The HTTP side of the Slack door; `handle` is mounted under `SLACK_PATH`."""

    def __init__(self, ingress: Ingress, *, signing_secret: str, clock: Clock) -> None:
        self._ingress = ingress
        self._secret = signing_secret
        self._clock = clock
        self.stale = 0
        """How many requests carried no good signature; a metric."""

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request of Slack's."""
        raw = await _read_at_most(request, BODY_MAX_BYTES)
        if raw is None:
            return _answer(413, "too large")
        if b"ssl_check=1" in raw.split(b"&") or request.query.get("ssl_check") == "1":
            # Slack tests certificates without signing; the answer holds nothing and does nothing.
            return _answer(200, "")
        if not self._is_signed(request, raw):
            self.stale += 1
            return _answer(401, "not signed")
        try:
            body = read_body(request.content_type, raw)
        except errors.InvalidJson as mistake:
            LOGGER.warning("a signed body could not be read: %s", mistake.code)
            return _answer(400, "bad request")
        return await self._dispatch(body, request)

    def _is_signed(self, request: web.Request, raw: bytes) -> bool:
        return is_signed(
            raw,
            secret=self._secret,
            timestamp=request.headers.get("X-Slack-Request-Timestamp"),
            signature=request.headers.get("X-Slack-Signature"),
            now_s=self._clock.now().timestamp(),
        )

    async def _dispatch(self, body: dict[str, Any], request: web.Request) -> web.Response:
        if body.get("type") == "url_verification":
            challenge = body.get("challenge")
            if not isinstance(challenge, str):
                return _answer(400, "bad request")
            return web.json_response({"challenge": challenge})
        retries = {
            name.lower(): value
            for name, value in request.headers.items()
            if name.lower().startswith("x-slack-retry-")
        }
        ack = await self._ingress.receive(body, headers=retries)
        if not ack.is_sent:
            return _answer(503, "")
        return web.json_response(ack.payload) if ack.payload else _answer(200, "")


async def _read_at_most(request: web.Request, max_bytes: int) -> bytes | None:
    """Return the whole body, or None when it is larger."""
    raw = b""
    while len(raw) <= max_bytes:
        piece = await request.content.read(max_bytes + 1 - len(raw))
        if not piece:
            return raw
        raw += piece
    return None


def read_body(content_type: str, raw: bytes) -> dict[str, Any]:
    """Return the object in a body: JSON, a form's `payload`, or the form itself.

    Raises:
        InvalidJson: or its subclass that names the rule broken.
    """
    if content_type == "application/json":
        return _object(raw)
    if raw.startswith(b"payload=") and b"&" not in raw:
        # Nearly every request; parse_qsl would be the dearest part of a click.
        return _object(unquote_to_bytes(raw[8:].replace(b"+", b" ")))
    fields = _form(raw)
    return _object(fields["payload"]) if "payload" in fields else dict(fields)


def _form(raw: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=FIELDS_MAX,
        )
    except ValueError:
        raise errors.InvalidJson("The body is not a form.") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise errors.DuplicateKey("A form field stands twice.")
    return fields


def _object(text: str | bytes) -> dict[str, Any]:
    value = strict_json.read(text)
    if not isinstance(value, dict):
        raise errors.InvalidJson("The payload is not an object.")
    return dict(value)


def _answer(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text)
