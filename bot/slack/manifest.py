"""The app's manifest, for the features one wants and with the command names one wants.

`manifest.yml`, which ships with the program, has everything; what belongs to a feature left out is
taken away here, and the scopes are those of the methods that are left. Called by `sayso manifest`
and `sayso slack setup`.
"""

import io
import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ruamel.yaml import YAML

from approvals.domain.errors import Refusal
from bot.slack.features import FEATURES, scopes_of

_PLACES = (Path(__file__).parents[1] / "manifest.yml", Path(__file__).parents[2] / "manifest.yml")
"""In an installed package, and in a clone."""
_NEW_APP = "https://api.slack.com/apps?new_app=1&manifest_json="
COMMAND_MAX_CHARS = 32
NAME_MAX_CHARS = 35


def manifest(features: Collection[str] = tuple(FEATURES), prefix: str = "") -> dict[str, Any]:
    """Return the manifest with these *features* only, each command named ``/`` + *prefix* + name.

    Raises:
        Refusal: there is no such feature, or a command's name would not do.
    """
    unknown = sorted(set(features) - FEATURES.keys())
    if unknown:
        raise Refusal(f"There is no feature {unknown[0]!r}. There are: {', '.join(FEATURES)}.")
    written = YAML(typ="safe").load(next(each for each in _PLACES if each.is_file()))
    made: dict[str, Any] = written
    out = [FEATURES[name] for name in FEATURES.keys() - set(features)]
    shown, events = made["features"], made["settings"]["event_subscriptions"]
    _leave_out(shown, "slash_commands", "command", (name for each in out for name in each.commands))
    _leave_out(shown, "shortcuts", "callback_id", (name for each in out for name in each.shortcuts))
    for section in (name for each in out for name in each.sections):
        shown.pop(section, None)
    gone = {name for each in out for name in each.events}
    events["bot_events"] = [name for name in events["bot_events"] if name not in gone]
    made["oauth_config"]["scopes"]["bot"] = sorted(scopes_of(features))
    return _prefixed(made, prefix) if prefix else made


def as_yaml(made: dict[str, Any]) -> str:
    """Return *made* as Slack's page takes it."""
    written = io.StringIO()
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(made, written)
    return written.getvalue()


def new_app_link(made: dict[str, Any]) -> str:
    """Return the address that opens Slack's form for a new app, filled in with *made*."""
    return _NEW_APP + quote(json.dumps(made, separators=(",", ":")), safe="")


def _leave_out(shown: dict[str, Any], section: str, key: str, names: Iterable[str]) -> None:
    gone = set(names)
    kept = [each for each in shown.get(section, ()) if each[key] not in gone]
    if kept:
        shown[section] = kept
    else:
        shown.pop(section, None)


def _prefixed(made: dict[str, Any], prefix: str) -> dict[str, Any]:
    for command in made["features"]["slash_commands"]:
        command["command"] = f"/{prefix}{command['command'].removeprefix('/')}"
        is_fine = all(each.islower() or each.isdigit() or each in "-_" for each in prefix)
        if not (prefix.isascii() and is_fine) or len(command["command"]) > COMMAND_MAX_CHARS:
            raise Refusal(
                f"The prefix {prefix!r} will not do: a command is a slash and at most"
                f" {COMMAND_MAX_CHARS - 1} small letters, digits, - or _."
            )
    name = f"{made['display_information']['name']} {prefix.strip('-_')}"[:NAME_MAX_CHARS]
    made["display_information"]["name"] = made["features"]["bot_user"]["display_name"] = name
    return made
