"""`sayso policy …`: what a policy file says, before it counts; here `validate` and `explain`.

Called by `bot.cli` with the words after `policy`. Reads the file and asks the same `Policy` the
gateway asks; needs no gateway and no Slack. Exit code 0, 1 where a try fails, or 2 with one line
per mistake.
"""

import argparse
import json
import sys
from collections.abc import Iterator

from approvals.domain.durations import format_duration
from approvals.domain.effect import CardShows, Mention
from approvals.domain.errors import ChannelUnknown, Refusal
from approvals.domain.findings import findings, never_seen
from approvals.domain.key_values import read_pairs
from approvals.domain.policy import Effect, Requirement, Slot
from approvals.domain.quorum import progress
from approvals.domain.strict_json import JsonValue
from approvals.domain.terms import CARD, ESCALATE, EXTEND_MAX, MENTION, NOTIFY, REMIND
from approvals.domain.tool_call import ToolCall
from approvals.storage.mistakes import FileInvalid
from bot.commands.policy import (
    cases,
    replay,
    schema,
    suggest,
)
from bot.commands.policy.sources import (
    DEFAULT_SINCE,
    add_policy,
    open_policy,
    open_records,
    policy_name,
)
from bot.environment import EnvFileInvalid

_USAGE = """\
usage: sayso policy validate [FILE]
       sayso policy explain TOOL [KEY=VALUE ...] [--channel NAME] [--json]
       sayso policy test CASES ...
       sayso policy replay [--since TIME]
       sayso policy suggest [--since TIME]
       sayso policy schema

  validate  check a policy file and tell every mistake in it, with its place, and what is odd
  explain   tell what a tool call would require: allowed, denied, or asked of whom
  test      try your own cases: calls, and what the policy has to answer to them
  replay    tell what the policy would have answered to the calls a gateway recorded
  suggest   print the policy with rules made of the recorded calls
  schema    print the JSON Schema of the file, for editors

All read --policy FILE, else $SAYSO_POLICY, else policy.yml here. Nothing is run, and nothing is
written: what a gateway recorded may be read while it runs.
For example:  sayso policy explain k8s.restart namespace=prod --policy examples/policy.yml
"""


def run(arguments: list[str]) -> int:
    """Run one of the policy commands; return the exit code, 0, 1 or 2."""
    commands = {
        "validate": _validate,
        "explain": _explain,
        "test": cases.run,
        "replay": replay.run,
        "suggest": suggest.run,
        "schema": schema.run,
    }
    if not arguments or arguments[0] not in commands:
        return _usage(arguments)
    try:
        return commands[arguments[0]](arguments[1:])
    except FileInvalid as refusal:
        sys.stderr.writelines(f"{mistake}\n" for mistake in refusal.mistakes)
    except (Refusal, EnvFileInvalid) as refusal:
        sys.stderr.write(f"{refusal}\n")
    except SystemExit as leaving:
        return 0 if leaving.code in {0, None} else 2
    return 2


def _usage(arguments: list[str]) -> int:
    if arguments[:1] in (["-h"], ["--help"], ["help"]):
        sys.stdout.write(_USAGE)
        return 0
    if arguments:
        sys.stderr.write(f"sayso policy: no command {arguments[0]!r}\n\n")
    sys.stderr.write(_USAGE)
    return 2


def _validate(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="sayso policy validate", description="Check a policy file; tell every mistake in it."
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help="the policy file")
    parser.add_argument("--policy", metavar="FILE", help="the same, as an option")
    parser.add_argument(
        "--data", metavar="DIR", help="tell also what no call recorded there was ever about"
    )
    parser.add_argument("--strict", action="store_true", help="end with 1 where anything is odd")
    chosen = parser.parse_args(arguments)
    name = policy_name(chosen.file or chosen.policy)
    policy = open_policy(name)
    odd = [*findings(policy)]
    if chosen.data:
        odd += never_seen(policy, open_records(chosen.data, DEFAULT_SINCE).tools)
    sys.stdout.writelines(f"{each}\n" for each in odd)
    rules = sum(len(channel.rules) for channel in policy.channels)
    sys.stdout.write(
        f"{name}: valid – channels: {len(policy.channels)}, rules: {rules}, "
        f"guardrails: {len(policy.guardrails)}, version {policy.version[:12]}\n"
    )
    return 1 if odd and chosen.strict else 0


def _explain(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="sayso policy explain", description="Tell what a tool call would require, and why."
    )
    parser.add_argument("tool", metavar="TOOL", help="the tool's name, such as k8s.restart")
    parser.add_argument(
        "pairs",
        nargs="*",
        default=[],
        metavar="KEY=VALUE",
        help="arguments; JSON where it parses, else text",
    )
    parser.add_argument("--channel", metavar="NAME", help="default: where the tool is routed")
    add_policy(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_intermixed_args(arguments)
    call = ToolCall.of(chosen.tool, "", read_pairs(chosen.pairs))
    policy = open_policy(policy_name(chosen.policy))
    try:
        requirement = policy.requirement(call, channel=chosen.channel)
    except ChannelUnknown:
        known = ", ".join(channel.name for channel in policy.channels)
        said = f"The policy has no channel {chosen.channel!r} – choose one of {known}"
        raise ChannelUnknown(said) from None
    if chosen.json:
        sys.stdout.write(json.dumps(as_json(requirement), ensure_ascii=False) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in as_text(chosen.tool, requirement))
    return 0


def as_json(requirement: Requirement) -> dict[str, JsonValue]:
    """Return what `--json` prints: effect, rules, quorum, timeout_s, reasons."""
    asks = requirement.effect is Effect.ASK
    rules: list[JsonValue] = [
        {
            "name": rule.name,
            "place": rule.place,
            "effect": rule.effect.value,
            "error": rule.error,
        }
        for rule in requirement.rules
    ]
    quorum: list[JsonValue] = [
        {"rule": rule.name, "of": list(slot.of), "count": slot.count}
        for rule in requirement.rules
        for slot in rule.slots
        if asks
    ]
    return {
        "effect": requirement.effect.value,
        "rules": rules,
        "quorum": quorum,
        "timeout_s": int(requirement.timeout.total_seconds()) if asks else None,
        "reasons": list(requirement.reasons),
    }


def as_text(tool: str, requirement: Requirement) -> list[str]:
    """Return the same for people, line by line."""
    where = f"{requirement.channel_name} ({requirement.channel})"
    lines = [f"{tool} in {where}: {requirement.effect}"]
    if requirement.effect is Effect.ASK:
        needed = progress(requirement.slots_by_rule, ()).missing
        lines += [
            f"  approval by {' and '.join(map(_who, needed))}",
            f"  times out after {format_duration(requirement.timeout)}, risk {requirement.risk}",
            *_until_then(requirement),
        ]
    if requirement.message:
        lines += [f"  says: {line}" for line in requirement.message.splitlines()]
    return lines + [f"  - {reason}" for reason in requirement.reasons]


def _until_then(requirement: Requirement) -> Iterator[str]:
    """Yield how the card looks, and what happens before the timeout while nobody answers."""
    if requirement.terms[CARD] is CardShows.PRIVATE:
        yield "  its card is private"
    plan = requirement.terms[REMIND]
    if plan is not None:
        slower = f", each pause {plan.backoff:g} times the last" if plan.backoff > 1 else ""
        yield (
            f"  reminds after {format_duration(plan.every)}{slower}, at most {plan.max_count} times"
        )
    mention, notified = requirement.terms[MENTION], requirement.terms[NOTIFY]
    if notified and mention is Mention.FIRST:
        yield f"  mentions {', '.join(notified)} on the first card"
    longer = requirement.terms.said(EXTEND_MAX)
    if longer is not None:
        yield f"  may be extended by {format_duration(longer)}" if longer else "  is never extended"
    for rung in requirement.terms[ESCALATE]:
        where = f"in {rung.channel or requirement.channel}"
        where = f"through webhook {rung.webhook}" if rung.webhook else where
        yield f"  escalates after {format_duration(rung.after)} to {', '.join(rung.to)} {where}"


def _who(slot: Slot) -> str:
    return f"{slot.count} of {' or '.join(slot.of)}"
