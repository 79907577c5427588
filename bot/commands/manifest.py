"""`sayso manifest`: the Slack app's manifest, for the features and the command names one wants.

Called by `bot.cli`. Prints YAML for Slack's page "From a manifest"; what the settings have to say
for it is told on stderr. Exit code 0, or 2 with one line.
"""

import argparse
import sys

from approvals.domain.errors import Refusal
from bot.settings import Settings
from bot.slack.features import FEATURES
from bot.slack.manifest import as_yaml, manifest, new_app_link

_EPILOG = "features:\n" + "\n".join(f"  {name:<11} {each.does}" for name, each in FEATURES.items())


def add_choices(parser: argparse.ArgumentParser) -> None:
    """Let *parser* take what the manifest is made from."""
    parser.add_argument(
        "--features",
        metavar="NAME,…",
        default=",".join(FEATURES),
        help="only these of the features below (none: '')",
    )
    parser.add_argument(
        "--prefix",
        metavar="TEXT",
        default="",
        help="put before the name of each command, so that two apps can share a workspace",
    )


def features_of(written: str) -> tuple[str, ...]:
    """Return the features named in *written*, separated by commas."""
    return tuple(filter(None, (each.strip() for each in written.split(","))))


def run(arguments: list[str]) -> int:
    """Run the command with *arguments* (without the program's name); return the exit code."""
    parser = argparse.ArgumentParser(
        prog="sayso manifest",
        description="Print the manifest of the Slack app.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_choices(parser)
    parser.add_argument(
        "--link", action="store_true", help="print the address of Slack's form, filled in with it"
    )
    chosen = parser.parse_args(arguments)
    try:
        made = manifest(features_of(chosen.features), chosen.prefix)
    except Refusal as refusal:
        sys.stderr.write(f"sayso manifest: {refusal.message}\n")
        return 2
    sys.stdout.write(f"{new_app_link(made)}\n" if chosen.link else as_yaml(made))
    if chosen.prefix:
        names = command_settings(chosen.prefix)
        sys.stderr.write(
            "The gateway of this app needs: "
            + " ".join(f"{name}={value}" for name, value in names.items())
            + "\n"
        )
    return 0


def command_settings(prefix: str) -> dict[str, str]:
    """Return the settings that name the commands of an app made with *prefix*."""
    if not prefix:
        return {}
    fields = Settings.model_fields
    return {
        str(field.alias): f"/{prefix}{str(field.default).removeprefix('/')}"
        for name, field in fields.items()
        if name.endswith("_command")
    }
