"""Slack's own limits, from three independent sources, as one check of everything we send."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from tests.cards.builders import objects, texts

_SCHEMA = Path(__file__).parents[3] / "shared/slack-samples/blockkit.schema.json"
HAS_SCHEMA = _SCHEMA.is_file()
SCHEMA_MISSING = "Slack's block schema (../shared/slack-samples) is not here"


def assert_slack_takes_message(blocks: list[dict[str, Any]], *, schema: bool = True) -> None:
    assert len(blocks) <= 50
    for block in blocks:
        parsed = Block.parse(block)
        assert parsed is not None
        parsed.to_dict()
    assert sum(map(len, texts(blocks))) <= 10_000
    _assert_ids_unique(blocks)
    _assert_texts(blocks)
    if schema:
        assert_schema("Blocks", blocks)


def assert_slack_takes_modal(view: dict[str, Any], *, schema: bool = True) -> None:
    View(**view).to_dict()
    assert len(view["blocks"]) <= 100
    assert len(json.dumps(view)) <= 250_000
    assert len(view["private_metadata"]) <= 3_000
    assert all(len(view[key]["text"]) <= 24 for key in ("title", "submit", "close") if key in view)
    _assert_ids_unique(view["blocks"])
    _assert_texts(view["blocks"])
    if schema:
        assert_schema("ModalView", view)


def assert_schema(name: str, drawn: Any) -> None:
    """Hold *drawn* against the schema where it is at hand."""
    if HAS_SCHEMA:
        mistakes = [mistake.message for mistake in _validator(name).iter_errors(drawn)]
        assert mistakes == []


def _assert_ids_unique(blocks: list[dict[str, Any]]) -> None:
    block_ids = [block["block_id"] for block in blocks if "block_id" in block]
    assert len(set(block_ids)) == len(block_ids)
    for block in blocks:  # an action is known by its block and its own id
        action_ids = [button["action_id"] for button in objects([block], "button")]
        assert len(set(action_ids)) == len(action_ids)
        assert all(len(each) <= 255 for each in (*block_ids, *action_ids))


def _assert_texts(blocks: list[dict[str, Any]]) -> None:
    for plain in objects(blocks, "plain_text"):
        assert 1 <= len(plain["text"]) <= 3_000
    for element in objects(blocks, "text"):
        assert element["text"] != ""
    for button in objects(blocks, "button"):
        assert len(button["text"]["text"]) <= 75
        assert len(button["value"]) <= 2_000


@cache
def _validator(name: str) -> Draft7Validator:
    schema = json.loads(_SCHEMA.read_text())
    return Draft7Validator({"$ref": f"#/definitions/{name}", "definitions": schema["definitions"]})
