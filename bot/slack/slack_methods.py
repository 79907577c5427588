"""Every Web API method Sayso calls, the scope it needs and how its arguments travel.

`WebApi` refuses to call anything else, and the manifest is tested against this table, so that the
app never asks for a scope it does not use and never lacks one it does.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackMethod:
    """How one method is called."""

    scopes: tuple[str, ...] = ()
    """Bot scopes; a private channel needs the second where there are two."""
    as_query: bool = False
    """Slack reads the arguments of these methods from the query only, never from JSON."""
    is_limited_per_channel: bool = False
    """Slack counts the calls of this method by channel; those of all others by workspace."""


METHODS: dict[str, SlackMethod] = {
    "apps.connections.open": SlackMethod(as_query=True),
    "auth.test": SlackMethod(as_query=True),
    "chat.getPermalink": SlackMethod(as_query=True),
    "chat.postEphemeral": SlackMethod(scopes=("chat:write",)),
    "chat.postMessage": SlackMethod(scopes=("chat:write",), is_limited_per_channel=True),
    "chat.update": SlackMethod(scopes=("chat:write",)),
    "conversations.info": SlackMethod(scopes=("channels:read", "groups:read"), as_query=True),
    "conversations.members": SlackMethod(scopes=("channels:read", "groups:read"), as_query=True),
    "usergroups.list": SlackMethod(scopes=("usergroups:read",), as_query=True),
    "usergroups.users.list": SlackMethod(scopes=("usergroups:read",), as_query=True),
    "users.info": SlackMethod(scopes=("users:read",), as_query=True),
    "users.lookupByEmail": SlackMethod(scopes=("users:read.email",), as_query=True),
    "views.open": SlackMethod(),
    "views.publish": SlackMethod(),
    "views.update": SlackMethod(),
}

COMMAND_SCOPE = "commands"
"""Slash commands are no method, but need this scope."""
MENTION_SCOPE = "app_mentions:read"
"""Hearing of messages that mention us needs this one, and no other message is heard of."""

Lane = tuple[str, str]
"""What Slack counts together: a method and a channel, or a method and "" for the workspace."""


def lane_of(method: str, channel: str | None = None) -> Lane:
    """Return the lane in which a call of *method* counts."""
    return method, (channel or "") if METHODS[method].is_limited_per_channel else ""


def scopes_used() -> frozenset[str]:
    """Return every bot scope the code needs."""
    of_methods = (scope for each in METHODS.values() for scope in each.scopes)
    return frozenset((COMMAND_SCOPE, MENTION_SCOPE, *of_methods))
