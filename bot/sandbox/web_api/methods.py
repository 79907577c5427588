"""Which methods there are, and the bot scope each one needs."""

from dataclasses import dataclass

from bot.sandbox.web_api import auth, chat, conversations, usergroups, users, views
from bot.sandbox.web_api.context import Method


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A method: what answers it, and any one of `scopes` the app must have been given."""

    answer: Method
    scopes: tuple[str, ...] = ()


_CHANNELS = ("channels:read", "groups:read", "im:read", "mpim:read")
_WRITE = ("chat:write",)

METHODS = {
    "auth.test": Entry(answer=auth.test),
    "apps.connections.open": Entry(answer=auth.open_connection),
    "chat.postMessage": Entry(answer=chat.post_message, scopes=_WRITE),
    "chat.postEphemeral": Entry(answer=chat.post_ephemeral, scopes=_WRITE),
    "chat.update": Entry(answer=chat.update, scopes=_WRITE),
    "chat.delete": Entry(answer=chat.delete, scopes=_WRITE),
    "chat.getPermalink": Entry(answer=chat.get_permalink),
    "views.open": Entry(answer=views.open_view),
    "views.push": Entry(answer=views.push_view),
    "views.update": Entry(answer=views.update_view),
    "views.publish": Entry(answer=views.publish_view),
    "users.info": Entry(answer=users.info, scopes=("users:read",)),
    "users.list": Entry(answer=users.list_all, scopes=("users:read",)),
    "users.lookupByEmail": Entry(answer=users.lookup_by_email, scopes=("users:read.email",)),
    "usergroups.list": Entry(answer=usergroups.list_all, scopes=("usergroups:read",)),
    "usergroups.users.list": Entry(answer=usergroups.users, scopes=("usergroups:read",)),
    "conversations.open": Entry(answer=conversations.open_direct, scopes=("im:write",)),
    "conversations.info": Entry(answer=conversations.info, scopes=_CHANNELS),
    "conversations.list": Entry(answer=conversations.list_all, scopes=_CHANNELS),
    "conversations.members": Entry(answer=conversations.members, scopes=_CHANNELS),
    "team.info": Entry(answer=auth.team_info, scopes=("team:read",)),
}
APP_TOKEN_METHOD = "apps.connections.open"  # noqa: S105 - a method's name
