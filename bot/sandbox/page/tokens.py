"""One `<…>` token of Slack text as HTML: mention, channel, group, broadcast, date or link.

Shared by `mrkdwn` and `rich_text`, so a mention looks the same in both. What is not a known token,
and any link that is not http, https or mailto, is shown as the text it is.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from markupsafe import Markup, escape

from bot.sandbox.page.names import Names

_ENTITIES: Mapping[str, str] = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}
_ENTITY = re.compile("&(?:amp|lt|gt);")
_SAFE_URL = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x1f]+", re.IGNORECASE)
_BROADCASTS = frozenset({"here", "channel", "everyone"})


def decoded(text: str) -> str:
    """The text with Slack's three entities decoded once, and no others."""
    return _ENTITY.sub(lambda match: _ENTITIES[match[0]], text)


def token(inside: str, names: Names) -> Markup:
    """HTML of the token written `<inside>`; its literal text when it is none."""
    target, _, label = inside.partition("|")
    match target[:1]:
        case "@":
            return person(target[1:], names, label=label)
        case "#":
            return channel(target[1:], names, label=label)
        case "!":
            special = _special(target[1:], label, names)
            return special if special is not None else escape(decoded(label or f"<{inside}>"))
    return link(target, label) if _SAFE_URL.fullmatch(target) else escape(decoded(f"<{inside}>"))


def person(user_id: str, names: Names, *, label: str = "") -> Markup:
    """A mention of one person, marked when it is the one at the page."""
    name = names.people.get(user_id) or decoded(label) or user_id
    mine = Markup(" mention-me") if user_id == names.viewer_id else Markup("")
    return Markup('<span class="mention%s">@%s</span>') % (mine, name)


def channel(channel_id: str, names: Names, *, label: str = "") -> Markup:
    """A link to a channel of this workspace, or plain marked text for an unknown one."""
    name = names.channels.get(channel_id)
    if name is None:
        return Markup('<span class="mention">#%s</span>') % (decoded(label) or channel_id)
    return Markup('<a class="mention" href="/c/%s" data-visit aria-label="Go to %s">#%s</a>') % (
        channel_id,
        name,
        name,
    )


def usergroup(group_id: str, names: Names, *, label: str = "") -> Markup:
    """A mention of a user group by its handle."""
    name = names.usergroups.get(group_id) or decoded(label).removeprefix("@") or group_id
    return Markup('<span class="mention">@%s</span>') % name


def broadcast(kind: str) -> Markup:
    """`@here`, `@channel` or `@everyone`: everybody in the channel would be notified."""
    return Markup('<span class="mention mention-me">@%s</span>') % kind


def link(url: str, label: str = "") -> Markup:
    """A link out of the page; one that is not http, https or mailto is shown as its text."""
    href = decoded(url)
    if not _SAFE_URL.fullmatch(href):
        return escape(f"{decoded(label)} ({href})" if label else href)
    shown = decoded(label) or href.removeprefix("mailto:")
    return Markup('<a href="%s" title="%s" target="_blank" rel="noopener noreferrer">%s</a>') % (
        href,
        href,
        shown,
    )


def date(timestamp: str, layout: str, fallback: str) -> Markup:
    """A date the script rewrites in the viewer's zone; `fallback` is what stands there before."""
    try:
        moment = datetime.fromtimestamp(int(timestamp), UTC)
    except (ValueError, OverflowError, OSError):
        return escape(fallback)
    return Markup('<time datetime="%s" data-layout="%s">%s</time>') % (
        moment.isoformat(),
        layout,
        fallback,
    )


def _special(name: str, label: str, names: Names) -> Markup | None:
    kind, _, rest = name.partition("^")
    if kind in _BROADCASTS and not rest:
        return broadcast(kind)
    if kind == "subteam" and rest:
        return usergroup(rest, names, label=label)
    if kind == "date" and rest.count("^") >= 1:
        timestamp, layout, *target = rest.split("^")
        shown = date(timestamp, decoded(layout), decoded(label))
        if target and _SAFE_URL.fullmatch(decoded(target[0])):
            return Markup('<a href="%s" target="_blank" rel="noopener noreferrer">%s</a>') % (
                decoded(target[0]),
                shown,
            )
        return shown
    return None
