"""The rules of a channel, and one rule, in words: for `/approvals policy` and `explain`.

Options are told by their own keys, as they are written in the file, so that every option there is
is told. Names and patterns are the policy's own; they stand where nothing is parsed.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from approvals.domain import strict_json
from approvals.domain.display import one_line, shorten
from approvals.domain.durations import format_duration
from approvals.domain.effect import Effect
from approvals.domain.policy import Policy
from approvals.domain.rule import ChannelPolicy, Rule
from approvals.domain.terms import OPTIONS, Option, Terms
from bot.slack.quorum_words import slots_in_words
from bot.slack.rich_text import bold, code
from bot.slack.verbs.reply import Line

_SAYS = {Effect.ALLOW: "allows", Effect.ASK: "asks for", Effect.DENY: "denies"}
_VALUE_MAX_CHARS = 200


def channel_in_words(policy: Policy, channel: ChannelPolicy) -> Iterator[Line]:
    """Yield the rules that hold in *channel*, a line each."""
    approvers = " or ".join(map(one_line, channel.approvers))
    yield [bold(f"The rules of {one_line(channel.name)}"), " – deny beats ask beats allow."]
    yield [f"Where a rule does not say who, 1 of {approvers} approves."]
    if said := options_in_words(_settled(channel.terms, policy.defaults.terms)):
        yield [f"Where a rule does not say otherwise: {said}."]
    for rule in policy.guardrails:
        yield ["• ", *rule_in_words(rule), " (in every channel)"]
    for rule in channel.rules:
        yield ["• ", *rule_in_words(rule)]
    unmatched = policy.defaults.unmatched
    yield ["• Everything else: ", code(f"unmatched: {unmatched}"), "."]


def rule_in_words(rule: Rule) -> Line:
    """Return ``rule 2 asks for k8s.* when …: 1 of sre, timeout 5m``."""
    name = one_line(rule.name).rpartition(", ")[2]
    line = [f"{name} {_SAYS[rule.effect]} ", *_globs(rule.tool)]
    if rule.excepted:
        line += [" except ", *_globs(rule.excepted)]
    if rule.condition is not None:
        line += [" when ", code(shorten(one_line(rule.condition.source), _VALUE_MAX_CHARS))]
    details = [slots_in_words(rule.quorum)] if rule.quorum else []
    details += [said] if (said := options_in_words(rule.terms)) else []
    if details:
        line.append(f": {'; '.join(details)}")
    if rule.message:
        line.append(f" – {shorten(one_line(rule.message), _VALUE_MAX_CHARS)}")
    return line


def options_in_words(terms: Terms) -> str:
    """Return what is said of the options: ``timeout 5m, risk high``."""
    said = (_said(option, terms.said(option)) for option in OPTIONS)
    return ", ".join(each for each in said if each)


def _said(option: Option[Any], value: Any) -> str:
    is_usual = value == option.otherwise and (not value or option.silence_counts)
    if value is None or is_usual:
        return ""  # that nothing of the kind is asked for need not be told
    if isinstance(value, timedelta):
        return f"{option.key} {format_duration(value)}"
    stored = option.to_json(value)
    shown = stored if isinstance(stored, str) else strict_json.write(stored)
    return f"{option.key} {shorten(one_line(shown), _VALUE_MAX_CHARS)}"


def _settled(channel: Terms, defaults: Terms) -> Terms:
    return Terms(
        {
            option: value
            for option in OPTIONS
            if (value := channel.said(option) if option in channel else defaults.said(option))
            is not None
        }
    )


def _globs(globs: tuple[Any, ...]) -> list[Any]:
    parts: list[Any] = []
    for glob in globs:
        parts += [", ", code(one_line(glob.pattern))] if parts else [code(one_line(glob.pattern))]
    return parts
