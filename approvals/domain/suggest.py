"""A first policy from what was recorded: a rule for each tool, no laxer than what people did.

Asked by `sayso policy suggest`. Allowed is suggested only for tools whose names say that they read;
what changes something asks, however often it was approved. Names can lie, so a person reads the
suggestion.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from approvals.domain.approval_request import Status
from approvals.domain.effect import Effect
from approvals.domain.ids import ChannelId
from approvals.domain.recorded import Recorded
from approvals.domain.rule import Rule
from approvals.domain.tool_glob import ToolGlob, is_plain

READING_WORDS = frozenset(
    {
        "check", "count", "describe", "diff", "fetch", "find", "get", "head", "list", "look",
        "lookup", "peek", "query", "read", "search", "show", "status", "tail", "view",
    }
)  # fmt: skip
DENIED_AFTER = 3
"""So many rejections and no approval, and denying is suggested; also where a rule denied."""
_WORD = re.compile(r"[A-Za-z][a-z]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedRule:
    """Tools of one channel that get the same answer."""

    tools: tuple[str, ...]
    """Names or patterns."""
    effect: Effect
    why: str
    """What was recorded of them, one line."""


@dataclass(slots=True)
class _Seen:
    """How calls of one tool in one channel went."""

    passed: Counter[Effect] = field(default_factory=Counter)
    ended: Counter[Status] = field(default_factory=Counter)

    @property
    def calls(self) -> int:
        return self.passed.total() + self.ended.total()


def suggested_rules(
    recorded: Recorded, *, guardrails: Iterable[Rule] = ()
) -> Mapping[ChannelId, tuple[SuggestedRule, ...]]:
    """Return rules for each channel in which calls were recorded, most called first.

    Tools whose names could pass for others are left out, because no rule should be made of them,
    and so are those that *guardrails* deny anyway.
    """
    denying = [each for each in guardrails if each.effect is Effect.DENY and not each.condition]
    seen: dict[ChannelId, dict[str, _Seen]] = {}
    for asked in recorded.asked:
        tools = seen.setdefault(asked.requirement.channel, {})
        of = tools.setdefault(asked.call.tool, _Seen())
        if asked.requirement.effect is Effect.ASK:
            of.ended[asked.status] += 1
        else:
            of.passed[asked.requirement.effect] += 1
    for passed in recorded.passed:
        tools = seen.setdefault(passed.channel, {})
        tools.setdefault(passed.tool, _Seen()).passed[passed.effect] += 1
    return {
        channel: rules
        for channel, tools in seen.items()
        if (rules := tuple(_rules(tools, denying)))
    }


def _rules(tools: Mapping[str, _Seen], denying: Sequence[Rule]) -> Iterable[SuggestedRule]:
    effects = {
        name: _effect(name, each)
        for name, each in tools.items()
        if _is_usable(name) and not any(rule.covers(name) for rule in denying)
    }
    families: dict[tuple[str, Effect], list[str]] = {}
    for name, effect in effects.items():
        families.setdefault((_family(name), effect), []).append(name)
    found = []
    for (family, effect), names in families.items():
        glob = ToolGlob.of(f"{family}*")
        strangers = [other for other in tools if glob.matches(other) and other not in names]
        is_one = len(names) == 1 or effect is not Effect.ALLOW or not family or bool(strangers)
        said = tuple(sorted(names)) if is_one else (glob.pattern,)
        calls = sum(tools[name].calls for name in names)
        found.append((calls, SuggestedRule(tools=said, effect=effect, why=_why(names, tools))))
    for _, rule in sorted(found, key=lambda each: (-each[0], each[1].tools)):
        yield rule


def _is_usable(name: str) -> bool:
    try:
        return is_plain(name) and ToolGlob.of(name).is_name
    except ValueError:
        return False


def _effect(name: str, seen: _Seen) -> Effect:
    approved, rejected = seen.ended[Status.APPROVED], seen.ended[Status.REJECTED]
    denied = seen.passed[Effect.DENY]
    only_refused = approved == 0 and seen.passed[Effect.ALLOW] == 0
    if only_refused and (denied or rejected >= DENIED_AFTER):
        return Effect.DENY
    if rejected == 0 and denied == 0 and _reads(name):
        return Effect.ALLOW
    return Effect.ASK


def _reads(name: str) -> bool:
    """Whether the verb of a name like ``k8s.get_pods`` or ``github__listIssues`` is of reading."""
    verb = _WORD.match(_last_part(name))
    return verb is not None and verb[0].lower() in READING_WORDS


def _last_part(name: str) -> str:
    return re.split(r"[.:/]|__", name)[-1]


def _family(name: str) -> str:
    """Return what a pattern for names like this one begins with: ``k8s.get_``; may be empty."""
    last = _last_part(name)
    head = name[: len(name) - len(last)]
    verb, line, _ = last.partition("_")
    return f"{head}{verb}_" if line else ""


def _why(names: Iterable[str], tools: Mapping[str, _Seen]) -> str:
    ended: Counter[Status] = Counter()
    passed: Counter[Effect] = Counter()
    for name in names:
        ended += tools[name].ended
        passed += tools[name].passed
    parts = [f"{count} {status.value.replace('_', ' ')}" for status, count in ended.items()]
    parts += [
        f"{count} {'allowed' if effect is Effect.ALLOW else 'denied'} by a rule"
        for effect, count in passed.items()
    ]
    calls = ended.total() + passed.total()
    return f"{calls} {'call' if calls == 1 else 'calls'}: {', '.join(parts)}"
