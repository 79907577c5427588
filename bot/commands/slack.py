"""`sayso slack setup`: the words after `slack`, and what ends the command.

Called by `bot.cli`. Exit code 0 when the set-up is finished, else 2.
"""

import argparse
import sys

from approvals.domain.errors import Refusal
from bot.commands.manifest import add_choices, features_of
from bot.commands.slack_setup import SetUp, SetUpEnded
from bot.commands.terminal import Terminal
from bot.environment import EnvFileInvalid

_USAGE = """\
usage: sayso slack setup [OPTIONS]

  setup  make the Slack app, give its tokens, and try it with a first card
"""


def run(arguments: list[str]) -> int:
    """Run the command with *arguments* (without the program's name); return the exit code."""
    if arguments[:1] != ["setup"]:
        is_asked = arguments[:1] in (["-h"], ["--help"], ["help"])
        if arguments and not is_asked:
            sys.stderr.write(f"sayso slack: no command {arguments[0]!r}\n\n")
        (sys.stdout if is_asked else sys.stderr).write(_USAGE)
        return 0 if is_asked else 2
    parser = argparse.ArgumentParser(
        prog="sayso slack setup",
        description="Make the Slack app from a link, give its tokens (they are not shown), and try "
        "it with a first card, whose Approve finishes the set-up. Writes .env here, and a first "
        "policy if there is none.",
    )
    add_choices(parser)
    chosen = parser.parse_args(arguments[1:])
    try:
        SetUp(Terminal(), features=features_of(chosen.features), prefix=chosen.prefix).run()
    except (SetUpEnded, EnvFileInvalid) as end:
        sys.stderr.write(f"sayso slack setup: {end}\n")
    except Refusal as refusal:
        sys.stderr.write(f"sayso slack setup: {refusal.message}\n")
    except (KeyboardInterrupt, EOFError):
        sys.stderr.write("\nStopped. `sayso slack setup` begins anew.\n")
    else:
        return 0
    return 2
