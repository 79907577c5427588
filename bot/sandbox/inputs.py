"""What inputs hold: from what a person chose to the `state.values` and `actions[]` Slack sends.

The interactions call it with the blocks of a message or view. Plain choices (texts, option values,
ids, dates) become Slack's objects; a choice that the element does not offer raises `NoSuchChoice`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.sandbox.nouns import JsonObject
from bot.sandbox.validation.blocks import elements_of

InputValue = str | Sequence[str] | None
"""What one input holds: text, an option's value, an id or a date; a sequence for multi inputs."""
InputValues = Mapping[str, Mapping[str, InputValue]]
"""Inputs by block id and action id. What is left out keeps its initial value."""

_TYPED = {"plain_text_input", "email_text_input", "url_text_input", "number_input"}
_PRESSED_ONLY = {"overflow"}
_FIELD_OF = {
    "users_select": "user",
    "channels_select": "channel",
    "conversations_select": "conversation",
    "datepicker": "date",
    "timepicker": "time",
    "datetimepicker": "date_time",
    "static_select": "option",
    "external_select": "option",
    "radio_buttons": "option",
    "overflow": "option",
    "multi_users_select": "users",
    "multi_channels_select": "channels",
    "multi_conversations_select": "conversations",
    "multi_static_select": "options",
    "multi_external_select": "options",
    "checkboxes": "options",
}


class NoSuchChoiceError(ValueError):
    """The element does not offer this choice."""


def find_element(
    blocks: list[JsonObject], action_id: str, block_id: str | None
) -> tuple[JsonObject, JsonObject] | None:
    """The block and element with this action id (in this block, when one is named)."""
    for block in blocks:
        if block_id in {None, block.get("block_id")}:
            for element in elements_of(block):
                if element.get("action_id") == action_id:
                    return block, element
    return None


def action_fields(element: JsonObject, value: InputValue) -> JsonObject:
    """The fields of `actions[]` that say what was pressed or chosen."""
    kind = element["type"]
    if kind in {"button", "workflow_button"}:
        copied = ("text", "value", "url", "style")
        return {name: element[name] for name in copied if name in element}
    chosen = _chosen(element, value)
    initial = {k: v for k, v in element.items() if k.startswith("initial_")}
    return {**initial, **{k: v for k, v in chosen.items() if k != "type"}}


def state_values(
    blocks: list[JsonObject], given: InputValues | None, kept: JsonObject | None = None
) -> JsonObject:
    """`state.values`: given choices, else what was kept from before, else the initial ones."""
    values: JsonObject = {}
    for block_id, element in _holding(blocks):
        action_id = element["action_id"]
        mine = (given or {}).get(block_id, {})
        if action_id in mine:
            state = _chosen(element, mine[action_id])
        else:
            state = (kept or {}).get(block_id, {}).get(action_id) or _initial(element)
        values.setdefault(block_id, {})[action_id] = state
    return values


def required_but_empty(blocks: list[JsonObject], values: JsonObject) -> dict[str, str]:
    """Slack's own check before it sends a submission: a sentence for each input left empty."""
    errors = {}
    for block in blocks:
        if block.get("type") != "input" or block.get("optional"):
            continue
        state = values[block["block_id"]][block["element"]["action_id"]]
        if all(value in (None, "", []) for key, value in state.items() if key != "type"):
            errors[block["block_id"]] = "Please complete this required field."
    return errors


def wrong_length(blocks: list[JsonObject], values: JsonObject) -> dict[str, str]:
    """A sentence for each text that is shorter or longer than its input allows."""
    errors = {}
    for block in blocks:
        element = block.get("element") or {}
        if block.get("type") != "input" or element.get("type") not in _TYPED:
            continue
        text = values[block["block_id"]][element["action_id"]].get("value") or ""
        if text and len(text) < element.get("min_length", 0):
            errors[block["block_id"]] = f"At least {element['min_length']} characters."
        if len(text) > element.get("max_length", 3000):
            errors[block["block_id"]] = f"At most {element.get('max_length', 3000)} characters."
    return errors


def _holding(blocks: list[JsonObject]) -> Iterator[tuple[str, JsonObject]]:
    for block in blocks:
        for element in elements_of(block):
            if element["type"] in (_TYPED | _FIELD_OF.keys()) - _PRESSED_ONLY:
                yield block["block_id"], element


def _initial(element: JsonObject) -> JsonObject:
    kind = element["type"]
    if kind in _TYPED:
        return {"type": kind, "value": element.get("initial_value")}
    field = _FIELD_OF[kind]
    empty: Any = [] if field.endswith("s") else None
    return {"type": kind, f"selected_{field}": element.get(f"initial_{field}", empty)}


def _chosen(element: JsonObject, value: InputValue) -> JsonObject:
    kind = element["type"]
    if kind in _TYPED:
        return {"type": kind, "value": value or None}
    field = _FIELD_OF[kind]
    if field in {"option", "options"}:
        picked: Any = _options(element, _several(value))
    elif field == "date_time":
        picked = [int(v) for v in _several(value)]
    else:
        picked = _several(value)
    if not field.endswith("s"):
        picked = picked[0] if picked else None
    return {"type": kind, f"selected_{field}": picked}


def _several(value: InputValue) -> list[str]:
    if value is None or value == "":
        return []
    return [value] if isinstance(value, str) else list(value)


def _options(element: JsonObject, wanted: list[str]) -> list[JsonObject]:
    groups = element.get("option_groups") or []
    offered = [*(element.get("options") or []), *(o for g in groups for o in g["options"])]
    by_value = {option["value"]: option for option in offered}
    unknown = [value for value in wanted if value not in by_value]
    if unknown:
        raise NoSuchChoiceError(f"not offered: {', '.join(unknown)}")
    return [by_value[value] for value in wanted]
