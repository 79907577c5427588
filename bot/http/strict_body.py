"""The one reader of what programs send: raw bytes in, a checked model out.

The bytes that are counted are the bytes that are read, by the strict parser everything else is read
by (`domain/strict_json`). Nothing is decompressed, no other charset than UTF-8 is believed, and
nobody may take longer than READ_TIMEOUT_S.
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from approvals.domain import door_errors, errors, strict_json

READ_TIMEOUT_S = 10.0
MISTAKES_MAX = 20
Read = TypeVar("Read")
Model = TypeVar("Model", bound=BaseModel)


async def read_body(request: web.Request, model: type[Model]) -> Model:
    """Return the body of *request* as a *model*.

    Raises:
        MediaTypeUnsupported: it is not said to be plain JSON in UTF-8.
        TooLarge, TooSlow
        InvalidJson: or its subclass that names the rule broken.
        RequestMistyped: `facts["mistakes"]` has one sentence for each.
    """
    _refuse_other_media(request)
    raw = await _raw(request)
    return checked(model, strict_json.read(raw))


def checked(model: type[Model], value: Any) -> Model:
    """Return *value* as a *model*.

    Raises:
        RequestMistyped
    """
    return checked_by(model.model_validate, value)


def checked_by(validate: Callable[[Any], Read], value: Any) -> Read:
    """Return what *validate* makes of *value*.

    Raises:
        RequestMistyped
    """
    try:
        return validate(value)
    except ValidationError as found:
        mistakes = [_mistake(each) for each in found.errors(include_url=False)[:MISTAKES_MAX]]
        raise door_errors.RequestMistyped(
            f"This does not have the documented form: {mistakes[0]}", mistakes=mistakes
        ) from None


def _refuse_other_media(request: web.Request) -> None:
    written = request.headers.get("Content-Type", "")
    media, _, parameters = written.partition(";")
    if media.strip().lower() != "application/json":
        raise door_errors.MediaTypeUnsupported
    if parameters.strip().lower().replace('"', "") not in ("", "charset=utf-8"):
        raise door_errors.MediaTypeUnsupported
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise door_errors.MediaTypeUnsupported


async def _raw(request: web.Request) -> bytes:
    most = strict_json.SIZE_MAX_BYTES
    if request.content_length is not None and request.content_length > most:
        raise errors.TooLarge
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            while part := await request.content.readany():
                size += len(part)
                if size > most:
                    raise errors.TooLarge
                parts.append(part)
    except TimeoutError:
        raise door_errors.TooSlow from None
    return b"".join(parts)


def _mistake(found: Any) -> str:
    place = ".".join(str(each)[:60] for each in found["loc"][:6]) or "the body"
    return f"{place}: {found['msg'][:200]}"
