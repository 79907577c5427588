"""Text that Slack must not read anything into, and the arguments every post and update carries.

Called by everything that writes a `text`, a mrkdwn or a plain_text. rich_text elements are literal
and are never escaped. Source: Slack's formatting reference: exactly `&`, `<` and `>` are escaped.
"""

import re
from collections.abc import Mapping
from typing import Any

from approvals.domain.display import one_line

POSTING: Mapping[str, Any] = {
    "unfurl_links": False,
    "unfurl_media": False,
    "parse": "none",
    "link_names": False,
}
"""For every post: no previews (they fetch what an attacker wrote), no names made mentions."""

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})

_HALF = re.compile(r"(?:<[^<>]*|&[a-z]{0,3})\Z")
"""What a cut may leave of a token, such as a mention, or of an entity."""


def escape(text: str) -> str:
    """Return *text* with `&`, `<` and `>` as entities; to be applied exactly once."""
    return text.translate(_ESCAPES)


def unescape(text: str) -> str:
    """Return what Slack sent with the three entities as the characters a person typed."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def untrusted(text: str, max_chars: int) -> str:
    """Return untrusted *text* visible, on one line and escaped, in at most *max_chars*."""
    return escape(fitting(one_line(text), max_chars))


def fitting(text: str, max_chars: int) -> str:
    """Return *text*, cut so that its escaped form has at most *max_chars* characters.

    Slack counts entities as they are sent.
    """
    if len(escape(text)) <= max_chars:
        return text
    room = max_chars - 1
    for position, character in enumerate(text):
        room -= len(escape(character))
        if room < 0:
            return f"{text[:position]}…"
    return text


def cut(text: str, max_chars: int) -> str:
    """Return mrkdwn *text* in at most *max_chars*, never cut inside of a token or an entity."""
    if len(text) <= max_chars:
        return text
    return f"{_HALF.sub('', text[: max_chars - 1])}…"


def plain_text(text: str) -> dict[str, Any]:
    """Return a plain_text object whose emoji codes stay text; *text* is ours or escaped."""
    return {"type": "plain_text", "text": text, "emoji": False}
