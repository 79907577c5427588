"""One field of a form, as all forms draw it."""

from typing import Any

from bot.slack.escaping import plain_text


def input_block(
    block_id: str,
    label: str,
    element: dict[str, Any],
    *,
    hint: str = "",
    is_optional: bool = False,
) -> dict[str, Any]:
    """Return *element* under its *label*, with a *hint* below it if any; both escaped."""
    block = {
        "type": "input",
        "block_id": block_id,
        "optional": is_optional,
        "label": plain_text(label),
        "element": element,
    }
    return block | ({"hint": plain_text(hint)} if hint else {})
