"""Whether anything in what is sent could ping, link, hide or be refused by Slack."""

import json
import re
from collections.abc import Iterator
from typing import Any

from approvals.domain.display import is_hidden
from tests.cards.builders import objects
from tests.cards.slack_rules import (
    assert_schema,
    assert_slack_takes_message,
    assert_slack_takes_modal,
)
from tests.drawn.drawings import CHANNELS, GROUPS, OURS, Drawn, Message

_LIVE = re.compile(r"[<>]|&(?!amp;|lt;|gt;)")
TEXT_MAX_CHARS = 4_000
"""Of a message that may be updated: chat.update refuses more."""
_OURS = re.compile(
    r"<@([UW][0-9A-Z]+)>|<!subteam\^(S[0-9A-Z]+)>|<#(C[0-9A-Z]+)>"
    r"|<!date\^\d+\^[^<>|^]*\|[^<>|]*>"
)


def assert_inert(drawn: Drawn) -> None:
    """Hold what is sent against what this house says about it."""
    if isinstance(drawn, Message):
        assert 0 < len(drawn.text) <= TEXT_MAX_CHARS, len(drawn.text)
        assert_nothing_live_in(drawn.text)
    assert_elements_inert(drawn.blocks if isinstance(drawn, Message) else drawn.view)


def assert_valid(drawn: Drawn, *, schema: bool = False) -> None:
    """Hold what is sent against what Slack says about it."""
    if isinstance(drawn, Message):
        assert_slack_takes_message(drawn.blocks, schema=schema)
    else:
        _assert_view(drawn.view, schema=schema)


def _assert_view(view: dict[str, Any], *, schema: bool) -> None:
    if view["type"] == "home":
        assert len(view["blocks"]) <= 100
        assert len(json.dumps(view)) <= 250_000
        for start in range(0, len(view["blocks"]), 50):
            # The rules of blocks are those of a message, but for how many there may be.
            _assert_blocks_alone(view["blocks"][start : start + 50])
        ids = [block["block_id"] for block in view["blocks"] if "block_id" in block]
        assert len(ids) == len(set(ids))
        if schema:
            assert_schema("HomeView", view)
    else:
        assert_slack_takes_modal({"private_metadata": "", **view}, schema=schema)
        assert ("submit" in view) or not list(objects(view, "input"))


def _assert_blocks_alone(blocks: list[dict[str, Any]]) -> None:
    for block in blocks:
        assert_slack_takes_message([block], schema=False)


def assert_elements_inert(drawn: Any) -> None:
    """Nothing is parsed but what we wrote, and nobody is mentioned but whom we mean."""
    found: dict[str, list[dict[str, Any]]] = {}
    for text in _strings(drawn, found):
        _assert_seen(text)
    assert found.keys().isdisjoint({"link", "broadcast", "emoji"})
    for kind, key, known in (
        ("user", "user_id", OURS),
        ("usergroup", "usergroup_id", GROUPS),
        ("channel", "channel_id", CHANNELS),
    ):
        assert {each[key] for each in found.get(kind, ())} <= known
    for plain in found.get("plain_text", ()):
        assert plain["emoji"] is False
        assert not _LIVE.search(plain["text"]), plain
    for parsed in found.get("mrkdwn", ()):
        assert parsed.get("verbatim") is True, "an address in it would become a link"
        assert_nothing_live_in(parsed["text"])


def assert_nothing_live_in(text: str) -> None:
    """Hold a text that Slack parses: no token in it but ours, no half of an entity."""
    for user, group, channel in _OURS.findall(text):
        assert not user or user in OURS, text
        assert not group or group in GROUPS, text
        assert not channel or channel in CHANNELS, text
    left = _OURS.sub("", text)
    assert not _LIVE.search(left), left
    _assert_seen(text)


def _assert_seen(text: str) -> None:
    if not text.isascii() or not text.replace("\n", "").replace("\t", "").isprintable():
        hidden = [f"U+{ord(each):04X}" for each in text if is_hidden(each)]
        assert hidden == [], text


def _strings(drawn: Any, found: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """Yield every text in *drawn*, and note every object of it by its type in *found*."""
    if isinstance(drawn, dict):
        found.setdefault(drawn.get("type", ""), []).append(drawn)
        for key, value in drawn.items():
            # What a person typed stands in their own input as they typed it; values are not shown.
            if key not in ("initial_value", "value"):
                yield from _strings(value, found)
    elif isinstance(drawn, list):
        for item in drawn:
            yield from _strings(item, found)
    elif isinstance(drawn, str):
        yield drawn
