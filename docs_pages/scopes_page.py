"""docs/reference/manifest-scopes.md: what the Slack app may do and why, from code and manifest."""

from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML

from bot.slack.events import EVENTS
from bot.slack.slack_methods import COMMAND_SCOPE, MENTION_SCOPE, METHODS, scopes_used
from docs_pages.markdown import page, table

MANIFEST = Path(__file__).parents[1] / "manifest.yml"

_INTRO = """
[`manifest.yml`](../../manifest.yml) describes the whole Slack app. Sayso asks for what it uses and
refuses to call a method that is not on this page; a test compares the two. There is no scope that
reads what people write to each other (`*:history`): only messages that mention Sayso are heard.
There is none for files or reactions, and no user token.
"""
_WHY = {
    "app_mentions:read": "Messages that mention Sayso: tasks where slash commands cannot go, and "
    "words to a task in its thread. They decide nothing.",
    "channels:read": "At start: is the channel of the policy there, not archived, and is Sayso in "
    "it? At a command: is who typed it a member of the channel?",
    "groups:read": "The same for private channels.",
    "chat:write": "Cards, task threads, private answers. Only where Sayso was invited.",
    "commands": "The slash commands.",
    "usergroups:read": "At a click or command: who is in the user groups the policy names?",
    "users:read": "At a click or command: is it a guest, a bot, deactivated, of another company?",
    "users:read.email": "When a policy is read that names people by address: whose is it? "
    "Nobody's address is read.",
}
_WITHOUT_METHOD = {COMMAND_SCOPE: "slash commands, shortcuts", MENTION_SCOPE: "mentions"}
_SOCKET_MODE = """
Socket Mode needs an app-level token with `connections:write` beside it. It is made on the app's
page (Basic Information → App-Level Tokens); a manifest cannot hold it.
"""
_EVENTS = {
    "app_home_opened": "Somebody opens the Home tab, which is drawn then.",
    "app_mention": "Somebody speaks to Sayso.",
    "app_uninstalled": "Somebody removed the app: readiness says so.",
    "tokens_revoked": "The bot token is no longer good: readiness says so.",
}


def scopes_page() -> str:
    """Return the page."""
    manifest = YAML(typ="safe").load(MANIFEST.read_text(encoding="utf-8"))
    commands = [
        (f"`{each['command']}`", each["description"])
        for each in manifest["features"]["slash_commands"]
    ]
    shortcuts = [(each["name"], each["description"]) for each in manifest["features"]["shortcuts"]]
    return page(
        "Scopes of the Slack app",
        _INTRO,
        "## Bot scopes",
        table(("Scope", "Methods", "Why"), _scopes()),
        _SOCKET_MODE,
        "## Methods without a scope",
        ", ".join(f"`{name}`" for name, method in METHODS.items() if not method.scopes) + ".",
        "## Events",
        table(("Event", "Why"), ((f"`{name}`", _EVENTS[name]) for name in EVENTS)),
        "## Slash commands",
        table(("Command", "Says"), commands),
        "## Message shortcuts",
        table(("Shortcut", "Does"), shortcuts),
    )


def _scopes() -> Iterator[tuple[str, str, str]]:
    for scope in sorted(scopes_used()):
        methods = [f"`{name}`" for name, method in METHODS.items() if scope in method.scopes]
        uses = _WITHOUT_METHOD.get(scope) or ", ".join(methods)
        yield f"`{scope}`", uses, _WHY[scope]
