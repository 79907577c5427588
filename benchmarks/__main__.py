"""Run the benchmarks named on the command line, or all: `python -m benchmarks [NAME …]`.

Prints one line for each figure; a missed target is followed by the profile of our side and makes
the exit code 1.
"""

import argparse
import logging
import sys
from importlib import import_module

from benchmarks.figures import Figure, print_profile

NAMES = (
    "click_to_resume",
    "told_remotely",
    "many_pending",
    "idle_waiters",
    "dispatched_click",
    "ack_with_many_tools",
    "busy_clicks",
    "parallel_decisions",
    "durable_decision",
    "allow_path",
    "allow_path_rules",
    "drawing",
    "waiting_call",
    "durable_pause",
    "paused_run",
)


def main() -> int:
    """Run, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    names = parser.parse_args().names or NAMES
    # A loop that is kept busy on purpose misses pings, which the door would rightly warn about.
    logging.disable(logging.WARNING)
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(NAMES)}")
    missed = [figure for name in names for figure in _run(name) if figure.is_missed]
    return 1 if missed else 0


def _run(name: str) -> list[Figure]:
    figures: list[Figure] = import_module(f"benchmarks.{name}").run()
    for figure in figures:
        print(figure.line(), flush=True)
        if figure.is_missed and figure.ours is not None:
            print_profile(figure.ours)
    return figures


if __name__ == "__main__":
    sys.exit(main())
