"""`sayso policy validate` and `sayso policy explain`: what a policy file says, before it counts.

Called by `bot.cli` with the words after `policy`. Reads the file and asks the same `Policy` the
gateway asks; needs no gateway, no store and no Slack. Exit code 0, or 2 with one line per mistake.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from approvals.domain import strict_json
from approvals.domain.durations import format_duration
from approvals.domain.effect import Mention
from approvals.domain.errors import ChannelUnknown, InvalidArguments, InvalidJson, Refusal
from approvals.domain.policy import Effect, Policy, Requirement, Slot
from approvals.domain.quorum import progress
from approvals.domain.strict_json import JsonValue
from approvals.domain.terms import ESCALATE, MENTION, NOTIFY, REMIND
from approvals.domain.tool_call import ToolCall
from approvals.storage.mistakes import PolicyInvalid
from approvals.storage.policy_file import read_file
from approvals.storage.policy_reader import read_policy

POLICY_VARIABLE = "SAYSO_POLICY"
DEFAULT_FILE = "policy.yml"
_USAGE = """\
usage: sayso policy validate [FILE]
       sayso policy explain TOOL [KEY=VALUE ...] [--channel NAME] [--json]

  validate  check a policy file and tell every mistake in it, with its place
  explain   tell what a tool call would require: allowed, denied, or asked of whom

Both read --policy FILE, else $SAYSO_POLICY, else policy.yml here. Nothing is run.
For example:  sayso policy explain k8s.restart namespace=prod --policy examples/policy.yml
"""


def run(arguments: list[str]) -> int:
    """Run one of the policy commands; return the exit code, 0 or 2."""
    commands = {"validate": _validate, "explain": _explain}
    if not arguments or arguments[0] not in commands:
        return _usage(arguments)
    try:
        return commands[arguments[0]](arguments[1:])
    except PolicyInvalid as refusal:
        sys.stderr.writelines(f"{mistake}\n" for mistake in refusal.mistakes)
    except Refusal as refusal:
        sys.stderr.write(f"{refusal.message}\n")
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
    chosen = parser.parse_args(arguments)
    name = _name_of(chosen.file or chosen.policy)
    policy = _open(name)
    rules = sum(len(channel.rules) for channel in policy.channels)
    sys.stdout.write(
        f"{name}: valid – channels: {len(policy.channels)}, rules: {rules}, "
        f"guardrails: {len(policy.guardrails)}, version {policy.version[:12]}\n"
    )
    return 0


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
    parser.add_argument(
        "--policy", metavar="FILE", help=f"default: ${POLICY_VARIABLE}, or {DEFAULT_FILE} here"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_intermixed_args(arguments)
    call = ToolCall.of(chosen.tool, "", read_pairs(chosen.pairs))
    policy = _open(_name_of(chosen.policy))
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


def read_pairs(pairs: Iterable[str]) -> dict[str, JsonValue]:
    """Read ``key=value`` words: a value is JSON where it parses, else it is the text itself.

    Raises:
        InvalidArguments: a word without ``=``, or a key given twice.
    """
    arguments: dict[str, JsonValue] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise InvalidArguments(f"{pair!r} is not KEY=VALUE – write it like namespace=prod")
        if key in arguments:
            raise InvalidArguments(f"{key!r} is given twice – keep one of them")
        try:
            arguments[key] = strict_json.read(value)
        except InvalidJson:
            arguments[key] = value
    return arguments


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
    """Yield what happens before the timeout while nobody answers."""
    plan = requirement.terms[REMIND]
    if plan is not None:
        slower = f", each pause {plan.backoff:g} times the last" if plan.backoff > 1 else ""
        yield (
            f"  reminds after {format_duration(plan.every)}{slower}, at most {plan.max_count} times"
        )
    mention, notified = requirement.terms[MENTION], requirement.terms[NOTIFY]
    if notified and mention is Mention.FIRST:
        yield f"  mentions {', '.join(notified)} on the first card"
    for rung in requirement.terms[ESCALATE]:
        where = f"in {rung.channel or requirement.channel}"
        where = f"through webhook {rung.webhook}" if rung.webhook else where
        yield f"  escalates after {format_duration(rung.after)} to {', '.join(rung.to)} {where}"


def _who(slot: Slot) -> str:
    return f"{slot.count} of {' or '.join(slot.of)}"


def _name_of(given: str | None) -> str:
    return given or os.environ.get(POLICY_VARIABLE) or DEFAULT_FILE


def _open(name: str) -> Policy:
    return read_policy(read_file(Path(name)), file=name)
