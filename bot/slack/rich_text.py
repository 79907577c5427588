"""Slack's rich_text, in which nothing is parsed: what stands in a text element is shown as it is.

The only place where untrusted text may stand. Called by cards and modals.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeAlias

from approvals.domain.ids import ChannelId, UserId
from bot.slack.escaping import escape

Element: TypeAlias = dict[str, Any]


def rich_text(block_id: str, elements: Iterable[Element]) -> Element:
    """Return a rich_text block."""
    return {"type": "rich_text", "block_id": block_id, "elements": list(elements)}


def section(*parts: str | Element) -> Element:
    """Return a section of texts and elements."""
    return {"type": "rich_text_section", "elements": _elements(parts)}


def quote(text: str) -> Element:
    """Return *text* as a quotation."""
    return {"type": "rich_text_quote", "elements": _elements((text,))}


def preformatted(text: str) -> Element:
    """Return *text* in one preformatted element, out of which nothing can break."""
    return {"type": "rich_text_preformatted", "elements": _elements((text,))}


def bold(text: str) -> Element:
    """Return *text* in bold."""
    return {"type": "text", "text": text, "style": {"bold": True}}


def code(text: str) -> Element:
    """Return *text* in the type of code."""
    return {"type": "text", "text": text, "style": {"code": True}}


def person(user: UserId) -> Element:
    """Return a person by id; the name shown is Slack's, never ours."""
    return {"type": "user", "user_id": user}


def usergroup(group_id: str) -> Element:
    """Return a user group by id; Slack calls everybody in it."""
    return {"type": "usergroup", "usergroup_id": group_id}


def channel(channel_id: ChannelId) -> Element:
    """Return a channel by id."""
    return {"type": "channel", "channel_id": channel_id}


def moment(at: datetime, *, seconds: bool = False) -> Element:
    """Return a moment in the reader's own time zone, with UTC where that cannot be shown."""
    return {
        "type": "date",
        "timestamp": int(at.timestamp()),
        "format": "{date_short_pretty} at {time_secs}"
        if seconds
        else "{date_short_pretty} at {time}",
        "fallback": f"{at:%Y-%m-%d %H:%M:%S} UTC",
    }


def time_of_day(at: datetime) -> Element:
    """Return a time in the reader's own time zone, where the day is clear."""
    fallback = f"{at:%H:%M:%S} UTC"
    return {
        "type": "date",
        "timestamp": int(at.timestamp()),
        "format": "{time_secs}",
        "fallback": fallback,
    }


def joined(parts: Iterable[Iterable[str | Element]], separator: str) -> list[str | Element]:
    """Return *parts* one after the other with *separator* between them."""
    found: list[str | Element] = []
    for part in parts:
        found.extend((separator, *part) if found else part)
    return found


def as_mrkdwn(parts: Iterable[str | Element]) -> str:
    """Return a section's *parts* as mrkdwn, escaped, for texts that have no blocks."""
    return "".join(escape(part) if isinstance(part, str) else _token(part) for part in parts)


def _token(element: Element) -> str:
    match element["type"]:
        case "user":
            return f"<@{element['user_id']}>"
        case "usergroup":
            return f"<!subteam^{element['usergroup_id']}>"
        case "channel":
            return f"<#{element['channel_id']}>"
        case "date":
            when, layout = element["timestamp"], element["format"]
            return f"<!date^{when}^{layout}|{escape(element['fallback'])}>"
    text, style = escape(element["text"]), element.get("style", {})
    if style.get("code"):
        return f"`{text.replace('`', 'ˋ')}`"
    return f"*{text}*" if style.get("bold") else text


def _elements(parts: Iterable[str | Element]) -> list[Element]:
    """Slack refuses empty texts, so they are left out."""
    drawn = ({"type": "text", "text": each} if isinstance(each, str) else each for each in parts)
    return [each for each in drawn if each.get("text") != ""]
