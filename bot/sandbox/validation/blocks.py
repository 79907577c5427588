"""Whether Slack would take these blocks: each by its type, and all of them together.

Called by the chat and view methods. Well-known blocks are checked field by field; the newest kinds
(cards, plans, containers …) only for their surface and ids.
"""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.nouns import JsonObject
from bot.sandbox.validation.checks import (
    Check,
    Findings,
    Place,
    anything,
    array,
    boolean,
    by_type,
    has_one_of,
    shape,
    string,
)
from bot.sandbox.validation.elements import AS_ACCESSORY, IMAGE, IN_ACTIONS, IN_INPUT
from bot.sandbox.validation.rich_text import RICH_TEXT
from bot.sandbox.validation.texts import ID, URL, any_text, plain_text

BLOCKS_MAX = {"message": 50, "modal": 100, "home": 100}
MESSAGE_CHARACTERS_MAX = 13_000
_MARKDOWN_CHARACTERS_MAX = 12_000
_BLOCK = {"block_id": ID}
_NOT_ON = {
    "alert": {"message", "home"},
    "markdown": {"modal", "home"},
    "plan": {"modal", "home"},
    "task_card": {"modal", "home"},
    "context_actions": {"modal", "home"},
    "container": {"modal", "home"},
    "table": {"modal"},
    "data_table": {"modal"},
    "carousel": {"modal"},
    "file": {"modal", "home"},
}


def _loosely(value: Any, place: Place) -> None:
    block_id = value.get("block_id")
    if block_id is not None:
        ID(block_id, place.at("block_id"))


def _section(value: Any, place: Place) -> None:
    _SECTION(value, place)
    if value.get("text") is None and value.get("fields") is None:
        place.say("missing required field: text")


_SECTION = shape(
    optional={
        **_BLOCK,
        "text": any_text(most=3000),
        "fields": array(any_text(most=2000), most=10),
        "accessory": AS_ACCESSORY,
        "expand": boolean,
    }
)
_CONTEXT_ITEM = by_type(
    {
        "image": IMAGE,
        "plain_text": any_text(most=3000),
        "mrkdwn": any_text(most=3000),
    }
)
_CELLS = array(anything, most=20)
_CHECKS: dict[str, Check] = {
    "section": _section,
    "header": shape({"text": plain_text(most=150)}, {**_BLOCK, "level": anything}),
    "divider": shape(optional=_BLOCK),
    "context": shape({"elements": array(_CONTEXT_ITEM, most=10)}, _BLOCK),
    "actions": shape({"elements": array(IN_ACTIONS, most=25)}, _BLOCK),
    "input": shape(
        {"label": plain_text(most=2000), "element": IN_INPUT},
        {**_BLOCK, "hint": plain_text(most=2000), "optional": boolean, "dispatch_action": boolean},
    ),
    "image": has_one_of(
        shape(
            {"alt_text": string(most=2000)},
            {**_BLOCK, "image_url": URL, "slack_file": anything, "title": plain_text(most=2000)},
        ),
        "image_url",
        "slack_file",
    ),
    "rich_text": RICH_TEXT,
    "markdown": shape({"text": string(most=_MARKDOWN_CHARACTERS_MAX, least=1)}, _BLOCK),
    "table": shape(
        {"rows": array(_CELLS, most=100)}, {**_BLOCK, "column_settings": array(anything, most=20)}
    ),
    **dict.fromkeys(
        (
            "alert",
            "card",
            "carousel",
            "container",
            "context_actions",
            "data_table",
            "file",
            "plan",
            "task_card",
            "video",
        ),
        _loosely,
    ),
}
_ANY_BLOCK = by_type(_CHECKS)


def block_problems(blocks: Any, *, surface: str, pointer: str = "/blocks") -> list[str]:
    """Slack's sentences about these blocks; empty when it would take them."""
    findings = Findings()
    place = Place(pointer, surface, findings)
    array(_one_block, most=BLOCKS_MAX[surface], least=0)(blocks, place)
    if not findings.messages and surface == "message":
        _check_together(blocks, place)
    return findings.messages


def characters(value: Any) -> int:
    """Characters of all strings in a JSON value that are not a `type`: Slack's message budget."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return sum(characters(item) for item in value)
    if isinstance(value, dict):
        return sum(characters(item) for key, item in value.items() if key != "type")
    return 0


def _one_block(value: Any, place: Place) -> None:
    _ANY_BLOCK(value, place)
    if not isinstance(value, dict):
        return
    if place.surface in _NOT_ON.get(str(value.get("type")), ()):
        place.at("type").say(f"unsupported type: {value['type']}")
    _check_ids(value, place)


def _check_ids(block: JsonObject, place: Place) -> None:
    block_id = block.get("block_id")
    if isinstance(block_id, str):
        if block_id in place.findings.block_ids:
            place.at("block_id").say(f"`block_id` {block_id} already exists")
        place.findings.block_ids.add(block_id)
    seen: set[str] = set()
    for element in elements_of(block):
        action_id = element.get("action_id")
        if not isinstance(action_id, str):
            continue
        if action_id in seen:
            place.say(f"`action_id` {action_id} already exists in this block")
        seen.add(action_id)


def elements_of(block: JsonObject) -> Iterator[JsonObject]:
    """The interactive elements of one block."""
    found = block.get("elements") if block.get("type") == "actions" else None
    candidates = [*(found if isinstance(found, list) else ())]
    candidates += [block.get("accessory"), block.get("element")]
    yield from (c for c in candidates if isinstance(c, dict) and c.get("type") != "image")


def _check_together(blocks: list[JsonObject], place: Place) -> None:
    markdown = sum(len(b["text"]) for b in blocks if b["type"] == "markdown")
    if markdown > _MARKDOWN_CHARACTERS_MAX:
        place.say(f"markdown blocks must be less than {_MARKDOWN_CHARACTERS_MAX + 1} characters")
    if sum(b["type"] == "table" for b in blocks) > 1:
        place.say("only one table block allowed")
