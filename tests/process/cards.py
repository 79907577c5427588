"""The cards that stand in a channel of the local Slack, read as a person reads them."""

import re
from dataclasses import dataclass
from typing import Any

_REQUEST = re.compile(r"Request (\w{26})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A message of ours in the channel, as it is now."""

    ts: str
    request_id: str
    text: str
    """Everything on it."""
    buttons: tuple[str, ...]
    """Their action ids."""

    @property
    def is_open(self) -> bool:
        """Whether anything can be pressed."""
        return bool(self.buttons)


def card_in(message: dict[str, Any]) -> Card | None:
    """Return the card that *message* is; None for any other message."""
    shown = text_of(message)
    request = _REQUEST.search(shown)
    if request is None:
        return None
    return Card(
        ts=message["ts"],
        request_id=request[1],
        text=shown,
        buttons=tuple(
            element["action_id"]
            for block in message["blocks"]
            if block["type"] == "actions"
            for element in block["elements"]
        ),
    )


def text_of(message: dict[str, Any]) -> str:
    """Return everything that stands in a message's blocks."""
    return " ".join(_texts(message["blocks"]))


def _texts(shown: Any) -> list[str]:
    if isinstance(shown, list):
        return [text for each in shown for text in _texts(each)]
    if not isinstance(shown, dict):
        return []
    own = [shown["text"]] if isinstance(shown.get("text"), str) else []
    return own + [text for each in shown.values() for text in _texts(each)]
