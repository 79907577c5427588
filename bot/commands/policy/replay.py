"""`sayso policy replay`: what a policy file would have answered to the calls a store recorded.

Called by `command`. Calls that were asked about have their arguments; of those a rule allowed or
denied at once only tool and channel are kept, which is said.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict

from approvals.domain.display import one_line, shorten
from approvals.domain.replay import Changed, Replay, replay
from bot.commands.policy.sources import (
    add_policy,
    add_records,
    open_policy,
    open_records,
    policy_name,
)

TOOL_MAX_CHARS = 80
REASON_MAX_CHARS = 300


def run(arguments: list[str]) -> int:
    """Print what would change; return 0.

    Raises:
        PolicyInvalid, InvalidArguments, StoreUnavailable
    """
    parser = argparse.ArgumentParser(
        prog="sayso policy replay",
        description="Tell what a policy file would have answered to the recorded calls.",
    )
    add_policy(parser)
    add_records(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args(arguments)
    name = policy_name(chosen.policy)
    policy = open_policy(name)
    found = replay(policy, open_records(chosen.data, chosen.since))
    if chosen.json:
        sys.stdout.write(json.dumps(asdict(found), ensure_ascii=False) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in told(found, name=name, since=chosen.since))
    return 0


def told(found: Replay, *, name: str, since: str) -> Iterator[str]:
    """Yield the lines that people read."""
    calls = found.asked + found.passed
    yield f"{name}, on {_calls(calls)} of the last {since}:"
    if not found.changed:
        yield "  nothing would have been answered otherwise"
    for each in found.changed:
        yield from _changed(each)
    if found.passed:
        settled = found.passed - found.unclear
        yield (
            f"{_calls(found.passed)} allowed or denied at once. Arguments of such are not kept: "
            f"{settled} tried by tool alone, {found.unclear} left out, because arguments decide."
        )


def _changed(each: Changed) -> Iterator[str]:
    tool = shorten(one_line(each.tool), TOOL_MAX_CHARS)
    said = f", {each.approved} approved, {each.rejected} rejected" if each.example else ""
    yield f"  {each.was} -> {each.now}: {tool} in {each.channel}, {_times(each.count)}{said}"
    yield f"    {shorten(one_line(each.because), REASON_MAX_CHARS)}"


def _calls(count: int) -> str:
    return f"{count} call{'' if count == 1 else 's'}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
