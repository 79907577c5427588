"""What a person types, as Slack's client sends it: entities escaped, names as tokens.

Called by `deeds` before a sentence is said. In slash commands people and groups alone become
tokens, with their names, as Slack does for an app whose commands ask for it (`should_escape`).
"""

import re
from collections.abc import Mapping

from bot.sandbox.workspace import Workspace

_NAME = re.compile(r"(?<![\w&])([@#])([a-z0-9][a-z0-9._-]*)", re.IGNORECASE)
_BROADCASTS = ("here", "channel", "everyone")


def as_sent(typed: str, workspace: Workspace) -> str:
    """The text with `& < >` escaped and known @names and #channels turned into tokens."""
    escaped = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    known = {
        **{f"@{group.handle}": f"<!subteam^{group.id}>" for group in workspace.usergroups()},
        **{f"@{person.name}": f"<@{person.id}>" for person in workspace.people()},
        **{f"@{name}": f"<!{name}>" for name in _BROADCASTS},
        **{f"#{c.name}": f"<#{c.id}|{c.name}>" for c in workspace.channels() if not c.is_im},
    }

    return _with_tokens(escaped, known)


def as_commanded(typed: str, workspace: Workspace) -> str:
    """The text of a slash command with known @names turned into tokens that carry the name."""
    known = {
        **{f"@{g.handle}": f"<!subteam^{g.id}|@{g.handle}>" for g in workspace.usergroups()},
        **{f"@{person.name}": f"<@{person.id}|{person.name}>" for person in workspace.people()},
    }
    return _with_tokens(typed, known)


def _with_tokens(text: str, known: Mapping[str, str]) -> str:
    def token(match: re.Match[str]) -> str:
        bare = match[0].rstrip(".-_")
        return known.get(match[0]) or known.get(bare, bare) + match[0][len(bare) :]

    return _NAME.sub(token, text)
