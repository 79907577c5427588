"""Whether Slack would take this message metadata: a name and a flat payload."""

import json
from typing import Any

from bot.sandbox.error_codes import SlackError
from bot.sandbox.nouns import JsonObject

_CHARACTERS_MAX = 8_000


def checked_metadata(metadata: Any) -> JsonObject | None:
    """The metadata, `{}` for "remove it", or `None` when none was sent."""
    if metadata is None:
        return None
    if metadata == {}:
        return {}
    if not isinstance(metadata, dict):
        raise SlackError("invalid_metadata_format")
    payload = metadata.get("event_payload")
    if not isinstance(metadata.get("event_type"), str) or not isinstance(payload, dict):
        raise SlackError("invalid_metadata_schema")
    if not all(_is_shallow(value) for value in payload.values()):
        raise SlackError("invalid_metadata_schema")
    if len(json.dumps(metadata)) > _CHARACTERS_MAX:
        raise SlackError("metadata_too_large")
    return {"event_type": metadata["event_type"], "event_payload": payload}


def _is_shallow(value: Any) -> bool:
    if isinstance(value, dict):
        return all(_is_scalar(inner) for inner in value.values())
    if isinstance(value, list):
        return all(_is_scalar(inner) for inner in value)
    return _is_scalar(value)


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)
