"""`sayso policy test`: a team's own cases, tried on a policy file.

Called by `bot.commands.policy.command`. Exit code 0 when every case holds, 1 when one does not.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from approvals.domain.cases import Tried, try_case
from approvals.storage.case_file import read_cases
from approvals.storage.mistakes import CasesInvalid
from approvals.storage.written_file import read_written
from bot.commands.policy.sources import add_policy, open_policy, policy_name


def run(arguments: list[str]) -> int:
    """Try the cases of the files named; return the exit code.

    Raises:
        CasesInvalid, PolicyInvalid: with every mistake.
    """
    parser = argparse.ArgumentParser(
        prog="sayso policy test",
        description="Try a team's own cases: calls, and what the policy has to answer.",
    )
    parser.add_argument("files", nargs="+", metavar="CASES", help="files of cases")
    add_policy(parser)
    chosen = parser.parse_args(arguments)
    cases = [case for name in chosen.files for case in read_cases(_raw(name), file=name)]
    policy = open_policy(policy_name(chosen.policy))
    tried = [try_case(policy, case) for case in cases]
    failed = [each for each in tried if each.differences]
    for each in failed:
        sys.stdout.writelines(f"{line}\n" for line in _told(each))
    holding = len(tried) - len(failed)
    sys.stdout.write(f"{holding} of {len(tried)} cases hold\n")
    return 1 if failed else 0


def _raw(name: str) -> bytes:
    return read_written(Path(name), invalid=CasesInvalid, if_missing="correct the path")


def _told(tried: Tried) -> Iterator[str]:
    case = tried.case
    yield f"{case.place}: {case.name}"
    yield f"  {case.call.tool} {case.call.arguments_json[:300]}"
    for each in tried.differences:
        yield f"  - {each.what}: {each.expected}"
        yield f"  + {each.what}: {each.found}"
    yield from (f"  because: {reason}" for reason in tried.reasons)
