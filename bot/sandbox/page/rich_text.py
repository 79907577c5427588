"""Slack's rich_text block as HTML: sections, lists, quotes, preformatted text.

Called by the block templates. Text elements are literal: nothing in them is parsed, decoded or
turned into emoji, which is why untrusted arguments are shown this way. Missing or odd keys show as
empty text.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from markupsafe import Markup, escape

from bot.sandbox.page import tokens
from bot.sandbox.page.emoji import CHARACTERS
from bot.sandbox.page.names import Names

_STYLES = (
    ("code", Markup("<code>%s</code>")),
    ("bold", Markup("<b>%s</b>")),
    ("italic", Markup("<i>%s</i>")),
    ("strike", Markup("<s>%s</s>")),
)
_NUMBERINGS = ("1", "a", "i")


def rich_text(block: dict[str, Any], names: Names) -> Markup:
    """HTML of one rich_text block."""
    return _joined(_part(element, names) for element in _elements(block))


def _part(part: dict[str, Any], names: Names) -> Markup:
    inside = _joined(_leaf(element, names) for element in _elements(part))
    match part.get("type"):
        case "rich_text_section":
            return Markup('<div class="rich">%s</div>') % inside
        case "rich_text_preformatted":
            return Markup("<pre>\n%s</pre>") % inside
        case "rich_text_quote":
            return Markup('<blockquote class="rich">%s</blockquote>') % inside
        case "rich_text_list":
            return _list(part, names)
    return Markup('<div class="unsupported">Unsupported rich text: %s</div>') % str(
        part.get("type", "")
    )


def _list(part: dict[str, Any], names: Names) -> Markup:
    indent = min(max(_number(part.get("indent")), 0), 8)
    items = _joined(
        Markup("<li>%s</li>") % _joined(_leaf(leaf, names) for leaf in _elements(item))
        for item in _elements(part)
    )
    if part.get("style") == "ordered":
        return Markup('<ol class="rich indent-%s" type="%s" start="%s">%s</ol>') % (
            indent,
            _NUMBERINGS[indent % 3],
            _number(part.get("offset")) + 1,
            items,
        )
    return Markup('<ul class="rich indent-%s">%s</ul>') % (indent, items)


def _leaf(leaf: dict[str, Any], names: Names) -> Markup:
    shown = _drawn(leaf, names)
    style = leaf.get("style")
    for key, wrap in _STYLES:
        if isinstance(style, dict) and style.get(key) is True:
            shown = wrap % shown
    return shown


def _drawn(leaf: dict[str, Any], names: Names) -> Markup:
    draw = _LEAVES.get(str(leaf.get("type")))
    if draw is None:
        return Markup('<span class="unsupported">%s</span>') % str(leaf.get("type"))
    return draw(leaf, names)


def _word(leaf: dict[str, Any], key: str) -> str:
    return str(leaf.get(key) or "")


def _link(url: str, label: str) -> Markup:
    """A link whose parts are literal, while `tokens.link` decodes entities."""
    return tokens.link(url.replace("&", "&amp;"), label.replace("&", "&amp;"))


def _elements(part: dict[str, Any]) -> list[dict[str, Any]]:
    elements = part.get("elements")
    return [e for e in elements if isinstance(e, dict)] if isinstance(elements, list) else []


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _joined(pieces: Iterable[Markup]) -> Markup:
    return Markup("").join(pieces)


def _emoji(leaf: dict[str, Any], _: Names) -> Markup:
    name = _word(leaf, "name")
    return escape(CHARACTERS.get(name, f":{name}:"))


def _date(leaf: dict[str, Any], _: Names) -> Markup:
    timestamp = _word(leaf, "timestamp")
    return tokens.date(timestamp, _word(leaf, "format"), _word(leaf, "fallback") or timestamp)


_LEAVES: Mapping[str, Callable[[dict[str, Any], Names], Markup]] = {
    "text": lambda leaf, _: escape(_word(leaf, "text")),
    "link": lambda leaf, _: _link(_word(leaf, "url"), _word(leaf, "text")),
    "user": lambda leaf, names: tokens.person(_word(leaf, "user_id"), names),
    "usergroup": lambda leaf, names: tokens.usergroup(_word(leaf, "usergroup_id"), names),
    "channel": lambda leaf, names: tokens.channel(_word(leaf, "channel_id"), names),
    "broadcast": lambda leaf, _: tokens.broadcast(_word(leaf, "range")),
    "emoji": _emoji,
    "date": _date,
}
