"""The cards that stand in a channel of the local Slack, read as a person reads them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_REQUEST = re.compile(r"Request (\w{26})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Buttons:
    """A row of buttons: on a card that calls of one turn share, those of one of its calls."""

    block_id: str
    above: str
    """What stands between the row before and this one."""
    ids: tuple[str, ...]

    def are_of(self, button: str, showing: tuple[str, ...]) -> bool:
        """Whether they have this button and stand below what shows all of this."""
        return button in self.ids and all(text in self.above for text in showing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A message of ours in the channel, as it is now."""

    ts: str
    request_id: str
    text: str
    """Everything on it."""
    rows: tuple[Buttons, ...]

    @property
    def buttons(self) -> list[str]:
        """The action ids of everything that can be pressed."""
        return [button for row in self.rows for button in row.ids]

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
        rows=tuple(_rows(message["blocks"])),
    )


def _rows(blocks: list[dict[str, Any]]) -> Iterator[Buttons]:
    above: list[str] = []
    for block in blocks:
        if block["type"] != "actions":
            above += _texts(block)
            continue
        ids = tuple(element["action_id"] for element in block["elements"])
        yield Buttons(block_id=block["block_id"], above=" ".join(above), ids=ids)
        above = []


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
