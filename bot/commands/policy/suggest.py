"""`sayso policy suggest`: a policy whose channels have a rule for every tool that was called.

Called by `command`. Takes the policy file as it is but for the rules of its channels, and prints
the whole; nothing is written, because a person reads it first.
"""

import argparse
import sys
from pathlib import Path

from approvals.domain.rule import Rule
from approvals.domain.suggest import suggested_rules
from approvals.storage.policy_file import read_file
from approvals.storage.policy_reader import read_policy
from approvals.storage.policy_text import with_rules
from bot.commands.policy.sources import add_policy, add_records, open_records, policy_name


def run(arguments: list[str]) -> int:
    """Print the suggestion; return 0.

    Raises:
        PolicyInvalid, InvalidArguments, StoreUnavailable
    """
    parser = argparse.ArgumentParser(
        prog="sayso policy suggest",
        description="Print the policy file with rules made of the recorded calls.",
    )
    add_policy(parser)
    add_records(parser)
    chosen = parser.parse_args(arguments)
    name = policy_name(chosen.policy)
    raw = read_file(Path(name))
    policy = read_policy(raw, file=name)
    rules = suggested_rules(open_records(chosen.data, chosen.since), guardrails=policy.guardrails)
    sys.stdout.write(with_rules(raw, rules, file=name))
    for channel in policy.channels:
        own = [rule for rule in channel.rules if not _is_of_everything(rule)]
        if own and channel.id in rules:
            sys.stderr.write(
                f"Your own rules of {channel.name} ({len(own)}) are not in it. Keep of them what "
                "has to stay: conditions, quorums, risk.\n"
            )
    return 0


def _is_of_everything(rule: Rule) -> bool:
    """Whether it says one thing of every tool, as the policy of a first day does."""
    return any(glob.pattern == "*" for glob in rule.tool) and rule.condition is None
