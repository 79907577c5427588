"""What a message says: text, blocks, attachments, metadata, checked as Slack checks them.

Shared by posting, updating, ephemeral messages and response_urls.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from bot.sandbox.error_codes import SlackError
from bot.sandbox.nouns import JsonObject
from bot.sandbox.validation.blocks import (
    MESSAGE_CHARACTERS_MAX,
    block_problems,
    characters,
    elements_of,
)
from bot.sandbox.validation.metadata import checked_metadata
from bot.sandbox.web_api.arguments import Arguments

TEXT_CHARACTERS_MAX = 40_000
"""Longer texts of chat.postMessage are cut, not refused."""
_ATTACHMENTS_MAX = 100
_MARKDOWN_TEXT_MAX = 12_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A message's content; `None` means the app did not say (an update keeps what was there)."""

    text: str | None
    blocks: list[JsonObject] | None
    attachments: list[JsonObject] | None
    metadata: JsonObject | None


def read_content(arguments: Arguments, *, text_max: int | None = None) -> Content:
    """The content of a call. `text_max` refuses longer texts instead of cutting them."""
    text = arguments.text("text")
    if text is not None and text_max is not None and len(text) > text_max:
        raise SlackError("msg_too_long")
    markdown = arguments.text("markdown_text")
    blocks = checked_blocks(arguments.json("blocks"))
    if markdown is not None:
        if text is not None or blocks is not None:
            raise SlackError("markdown_text_conflict")
        if len(markdown) > _MARKDOWN_TEXT_MAX:
            raise SlackError("msg_too_long")
        text, blocks = markdown, with_ids([{"type": "markdown", "text": markdown}])
    content = Content(
        text=text,
        blocks=blocks,
        attachments=_checked_attachments(arguments.json("attachments")),
        metadata=checked_metadata(arguments.json("metadata")),
    )
    if not (content.text or content.blocks or content.attachments):
        raise SlackError("no_text")
    return content


def checked_blocks(blocks: Any) -> list[JsonObject] | None:
    """The blocks of a message, ids filled in; `None` when none were sent."""
    if blocks is None or blocks == "":
        return None
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    problems = block_problems(blocks, surface="message")
    if problems:
        raise SlackError("invalid_blocks", *problems)
    if characters(blocks) > MESSAGE_CHARACTERS_MAX:
        raise SlackError("msg_blocks_too_long")
    return with_ids(blocks)


def with_ids(blocks: list[JsonObject]) -> list[JsonObject]:
    """Copies of the blocks with the block and action ids that Slack makes up when left out."""
    return [_with_ids(block) for block in blocks]


def _with_ids(block: JsonObject) -> JsonObject:
    named = {**block, "block_id": block.get("block_id") or secrets.token_hex(3)}
    interactive = {id(element) for element in elements_of(block)}

    def name(element: Any) -> Any:
        if id(element) not in interactive or element.get("action_id"):
            return element
        return {**element, "action_id": secrets.token_hex(3)}

    if "elements" in named:
        named["elements"] = [name(element) for element in named["elements"]]
    for key in ("accessory", "element"):
        if key in named:
            named[key] = name(named[key])
    return named


def _checked_attachments(attachments: Any) -> list[JsonObject] | None:
    if attachments is None or attachments == "":
        return None
    if not isinstance(attachments, list) or not all(isinstance(a, dict) for a in attachments):
        raise SlackError("invalid_attachments")
    if len(attachments) > _ATTACHMENTS_MAX:
        raise SlackError("too_many_attachments")
    return attachments
