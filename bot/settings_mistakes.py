"""What is wrong with a setting, in a plain sentence: its name, what was given, what is allowed.

Called by `bot.settings` with what pydantic found. What was given is shown only where it cannot be a
secret: never for a secret setting, nor where a value looks like one that stands in the wrong place.
"""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

ALLOWED: Mapping[str, str] = {
    "database_schema": "1 to 63 small letters, digits or _, not beginning with a digit",
    "slack_transport": "socket or http",
    "slack_base_url": "an address with a host that ends in a slash, like https://slack.com/api/",
    "http_port": "a whole number from 0 to 65535",
    "agent_command": "a slash and 1 to 31 small letters, digits, - or _, like /agent",
    "approvals_command": "a slash and 1 to 31 small letters, digits, - or _, like /approvals",
    "run": "module:function, like my_agent.night_shift:run",
    "log_level": "DEBUG, INFO, WARNING or ERROR",
}
"""What each setting takes that can be set to something wrong."""

_TEXT = "text in UTF-8"
_SHOWN_MAX_CHARS = 60
SECRETS: Mapping[str, str] = {
    "database_url": "postgresql://user:password@host:5432/name, with %40 for an @ in the password",
}
"""The same of settings that are never shown."""
_LIKE_A_SECRET = re.compile(r"^(xox|xapp|sk-)|://[^/]*@|[A-Za-z0-9_-]{20}")


def explained(
    mistakes: ValidationError, values: Mapping[str, Any], names: Mapping[str, str]
) -> list[str]:
    """Return a line for each of *mistakes* in *values*; *names* are variables by field."""
    lines = []
    for mistake in mistakes.errors(include_input=False, include_url=False):
        field = str(mistake["loc"][0]) if mistake["loc"] else ""
        name = names.get(field, field)
        if mistake["type"] == "missing":
            lines.append(f"{name}: is not set – set it, or name a file in {name}_FILE")
        else:
            allowed = ALLOWED.get(field) or SECRETS.get(field, _TEXT)
            lines.append(f"{name}: {_given(field, values)} – give {allowed}")
    return lines


def _given(field: str, values: Mapping[str, Any]) -> str:
    if field in SECRETS:
        return "what it is set to will not do (not shown, because it may hold a password)"
    if field not in ALLOWED:
        return "cannot be read"
    text = str(values[field])
    if _LIKE_A_SECRET.search(text):
        return "what it is set to will not do (not shown, because it may be a secret)"
    cut = text if len(text) <= _SHOWN_MAX_CHARS else f"{text[:_SHOWN_MAX_CHARS]}…"
    return f"{cut!r} will not do"
