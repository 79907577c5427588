"""The arguments of one Web API call, whichever of Slack's four ways they came.

Form, JSON body, query and JSON strings inside a form are read into the same plain object. The
methods take what they need from it; a wrong or missing argument is `invalid_arguments` with
Slack's sentences.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.sandbox.error_codes import SlackError
from bot.sandbox.nouns import JsonObject

_TS = re.compile(r"\d{1,12}\.\d{6}")
_JSON_ARGUMENTS = ("blocks", "view", "metadata", "attachments")


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the app sent, without the token. Values are strings, or JSON where JSON was sent."""

    sent: Mapping[str, Any]

    def text(self, name: str) -> str | None:
        """A string, or `None` when it was left out; numbers are taken as their digits."""
        value = self.sent.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return str(value)
        raise SlackError("invalid_arguments", f"[ERROR] must be a string [json-pointer:/{name}]")

    def required(self, name: str) -> str:
        """A string that must be there."""
        value = self.text(name)
        if value is None:
            raise SlackError("invalid_arguments", f"[ERROR] missing required field: {name}")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A boolean in any of its spellings."""
        value = self.sent.get(name)
        return default if value is None else str(value) in {"1", "true", "True"}

    def ts(self, name: str) -> str | None:
        """A message's ts, or `None` when it was left out."""
        value = self.text(name)
        if value is not None and not _TS.fullmatch(value):
            raise SlackError("invalid_arguments", f"[ERROR] invalid ts [json-pointer:/{name}]")
        return value

    def json(self, name: str) -> Any:
        """A JSON argument, decoded; text that is no JSON comes back as the text it is."""
        return self.sent.get(name)

    def limit(self, *, default: int) -> int:
        """The page size of a list method."""
        value = self.text("limit")
        if value is None or value == "0":
            return default
        if not value.isdecimal() or not 1 <= int(value) <= 1000:
            raise SlackError("invalid_limit")
        return int(value)


async def read_arguments(request: web.Request) -> tuple[str | None, Arguments]:
    """The token (header or argument) and the arguments of a request."""
    sent: JsonObject = dict(request.query)
    sent.update(await _read_body(request))
    for name in _JSON_ARGUMENTS:
        if isinstance(sent.get(name), str):
            sent[name] = _decoded(sent[name])
    argument_token = sent.pop("token", None)
    scheme, _, header_token = request.headers.get("Authorization", "").partition(" ")
    token = header_token if scheme.lower() == "bearer" else argument_token
    return (token or None), Arguments(sent)


async def _read_body(request: web.Request) -> JsonObject:
    if request.method != "POST":
        return {}
    if request.content_type == "application/json":
        return _json_object(await request.read())
    return {k: v for k, v in (await request.post()).items() if isinstance(v, str)}


def _json_object(body: bytes) -> JsonObject:
    if not body:
        return {}
    try:
        decoded = loads(body.decode())
    except (ValueError, RecursionError) as error:
        raise SlackError("invalid_json") from error
    if not isinstance(decoded, dict):
        raise SlackError("json_not_object")
    return decoded


def _decoded(text: str) -> Any:
    try:
        return loads(text)
    except (ValueError, RecursionError):
        return text


def loads(text: str) -> Any:
    """JSON, with `?` for each half of a surrogate pair that stands alone: no page can show those.

    Raises `ValueError` or `RecursionError` for what is no JSON or nested without end.
    """
    decoded = json.loads(text)
    if "\\ud" not in text.lower():
        return decoded
    return json.loads(json.dumps(decoded, ensure_ascii=False).encode(errors="replace"))
