"""`sayso freeze` and `sayso unfreeze`: the emergency stop from a terminal, also with Slack down.

Called by `bot.cli`. A gateway that runs is reached through its local socket; where none runs the
store is opened for this alone, so that the next start finds the freeze. Exit code 0, or 2 with a
sentence.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.commands.arguments import add_places, places_in
from bot.commands.at_gateway import do_at_gateway, run_told
from bot.console_freeze import FREEZE, UNFREEZE

_CHANNEL = "WORDS are: all or a channel (#ops, or its id)"
_DOES = {
    FREEZE: (
        (
            "Let no agent start anything in a channel, or anywhere, and let nothing be approved, "
            f"until it is lifted. {_CHANNEL}, then for how long if it should end by itself "
            "(for 2h), then the reason."
        ),
        "For example:  sayso freeze all for 2h bad deploy",
    ),
    UNFREEZE: (
        f"Lift a freeze. {_CHANNEL}.",
        "For example:  sayso unfreeze all",
    ),
}


def run(arguments: list[str]) -> int:
    """Run `sayso freeze`; return the exit code."""
    return run_verb(FREEZE, arguments)


def run_verb(verb: str, arguments: list[str]) -> int:
    """Run `sayso freeze` or `sayso unfreeze`; return the exit code."""
    does, example = _DOES[verb]
    parser = argparse.ArgumentParser(prog=f"sayso {verb}", description=does, epilog=example)
    parser.add_argument("words", nargs="+", metavar="WORDS", help="see above")
    add_places(parser)
    given = parser.parse_args(arguments)
    return run_told(verb, lambda: _do(verb, given.words, places_in(given)))


async def _do(verb: str, words: Sequence[str], places: Mapping[str, Path]) -> str:
    done = await do_at_gateway(verb, words, places)
    if done.alone_in is None:
        return done.said
    return f"{done.said}\nNo gateway runs on {done.alone_in}: the next one starts so."
