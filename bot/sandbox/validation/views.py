"""Whether Slack would take this view: a modal or an App Home, its texts, size and blocks."""

import json
from typing import Any

from bot.sandbox.error_codes import SlackError
from bot.sandbox.nouns import JsonObject
from bot.sandbox.validation.blocks import block_problems
from bot.sandbox.validation.checks import (
    Findings,
    Place,
    anything,
    boolean,
    shape,
    string,
)
from bot.sandbox.validation.texts import plain_text

_BYTES_MAX = 250_000
_EVERY = {
    "private_metadata": string(most=3000),
    "callback_id": string(most=255),
    "external_id": string(most=255),
}
_MODAL = shape(
    {"title": plain_text(most=24), "blocks": anything},
    {
        **_EVERY,
        "submit": plain_text(most=24),
        "close": plain_text(most=24),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
)
_HOME = shape({"blocks": anything}, {**_EVERY, "title": anything, "close": anything})


def checked_view(view: Any, *, surface: str) -> JsonObject:
    """The view, when Slack would take it on this surface; else `invalid_arguments` and why."""
    if not isinstance(view, dict):
        raise SlackError("invalid_arguments", "[ERROR] must provide an object [json-pointer:/view]")
    if len(json.dumps(view)) > _BYTES_MAX:
        raise SlackError("view_too_large")
    problems = view_problems(view, surface=surface)
    if problems:
        raise SlackError("invalid_arguments", *problems)
    return view


def view_problems(view: JsonObject, *, surface: str) -> list[str]:
    """Slack's sentences about this view."""
    findings = Findings()
    place = Place("/view", surface, findings)
    if view.get("type") != surface:
        missing = view.get("type") is None
        place.say("missing required field: type" if missing else "unsupported type for the method")
        return findings.messages
    (_MODAL if surface == "modal" else _HOME)(view, place)
    blocks = view.get("blocks")
    if blocks is not None:
        findings.messages += block_problems(blocks, surface=surface, pointer="/view/blocks")
    if not findings.messages and surface == "modal":
        _check_submit(view, place)
    return findings.messages


def _check_submit(view: JsonObject, place: Place) -> None:
    has_input = any(block["type"] == "input" for block in view["blocks"])
    if has_input and view.get("submit") is None:
        place.say("missing required field: submit")
