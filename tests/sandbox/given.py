"""Blocks and views the tests begin with."""

from typing import Any

CARD: list[dict[str, Any]] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "Restart checkout?"}},
    {
        "type": "actions",
        "block_id": "decide",
        "elements": [
            {
                "type": "button",
                "action_id": "approve",
                "text": {"type": "plain_text", "text": "Approve"},
                "value": "R1",
                "style": "primary",
            },
            {
                "type": "button",
                "action_id": "reject",
                "text": {"type": "plain_text", "text": "Reject"},
                "value": "R1",
            },
        ],
    },
]


def plain(text: str) -> dict[str, Any]:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def option(value: str) -> dict[str, Any]:
    """An option named after its value."""
    return {"text": plain(value.title()), "value": value}


FORM: list[dict[str, Any]] = [
    {
        "type": "input",
        "block_id": "why",
        "label": plain("Why"),
        "element": {"type": "plain_text_input", "action_id": "text", "initial_value": "because"},
    },
    {
        "type": "input",
        "block_id": "who",
        "optional": True,
        "label": plain("Who"),
        "element": {"type": "multi_users_select", "action_id": "people"},
    },
    {
        "type": "actions",
        "block_id": "pick",
        "elements": [
            {
                "type": "static_select",
                "action_id": "risk",
                "options": [option("low"), option("high")],
            },
            {"type": "checkboxes", "action_id": "boxes", "options": [option("a"), option("b")]},
            {"type": "datepicker", "action_id": "day", "initial_date": "2026-01-31"},
        ],
    },
]


def modal(**changes: Any) -> dict[str, Any]:
    """A small modal."""
    view = {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Title"},
        "blocks": [section("hello")],
    }
    return {**view, **changes}


def section(text: str) -> dict[str, Any]:
    """A section block."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def rich_text(text: str) -> dict[str, Any]:
    """A rich_text block with one preformatted element."""
    leaf = {"type": "text", "text": text}
    preformatted = {"type": "rich_text_preformatted", "elements": [leaf]}
    return {"type": "rich_text", "elements": [preformatted]}
