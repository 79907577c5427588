"""All rules that count for one call, merged to the strictest: the policy's arithmetic.

`deny` beats `ask` beats `allow`, in any order; a key no matched `ask` rule sets comes from the
channel, then from the defaults. Called by `Policy.requirement()` alone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from approvals.domain.effect import strictest
from approvals.domain.requirement import Effect, Requirement, RuleMatch, Slot
from approvals.domain.rule import ChannelPolicy, Defaults, Rule
from approvals.domain.terms import OPTIONS, Sources, settle


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A rule that counts, with the error that made it count where its condition failed."""

    rule: Rule
    error: str | None = None

    @property
    def effect(self) -> Effect:
        """What it counts as: a condition that failed cannot allow."""
        if self.error is not None and self.rule.effect is Effect.ALLOW:
            return Effect.ASK
        return self.rule.effect

    @property
    def is_match(self) -> bool:
        """Whether the channel itself has a say here; a failed `allow` and a guardrail have not."""
        failed_allow = self.error is not None and self.rule.effect is Effect.ALLOW
        return not failed_allow and not self.rule.is_guardrail


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grounds:
    """Where a call is judged: its channel, the defaults, and the version of the file."""

    channel: ChannelPolicy
    defaults: Defaults
    policy_version: str


def merge(
    counted: tuple[Counted, ...], grounds: Grounds, *, code_effect: Effect | None
) -> Requirement:
    """Merge every counted rule, and the rule in code, to the strictest requirement."""
    channel, defaults = grounds.channel, grounds.defaults
    matches = tuple(_matches(counted, grounds, code_effect))
    effect = strictest(match.effect for match in matches)
    sources = Sources(
        rules=[(each.effect, each.rule.terms) for each in counted],
        channel=channel.terms,
        defaults=defaults.terms,
    )
    return Requirement(
        effect=effect,
        channel=channel.id,
        channel_name=channel.name,
        rules=matches,
        terms=settle(sources, OPTIONS),
        message=_message(match for match in matches if match.effect is effect),
        policy_version=grounds.policy_version,
        reasons=tuple(_reasons(counted, grounds, code_effect)),
    )


def _matches(
    counted: tuple[Counted, ...], grounds: Grounds, code_effect: Effect | None
) -> Iterator[RuleMatch]:
    anyone = (Slot(of=grounds.channel.approvers),)

    def match(effect: Effect, *, name: str, place: str, rule: Counted | None = None) -> RuleMatch:
        written = rule.rule.quorum if rule else ()
        return RuleMatch(
            name=name,
            place=place,
            effect=effect,
            slots=(written or anyone) if effect is Effect.ASK else (),
            message=rule.rule.message if rule else None,
            error=rule.error if rule else None,
        )

    for each in counted:
        yield match(each.effect, name=each.rule.name, place=each.rule.place, rule=each)
    if _is_unmatched(counted, grounds):
        defaults = grounds.defaults
        yield match(defaults.unmatched, name="unmatched", place=defaults.place)
    if code_effect in {Effect.ASK, Effect.DENY}:
        yield match(code_effect, name="rule in code", place="")


def _is_unmatched(counted: tuple[Counted, ...], grounds: Grounds) -> bool:
    """Whether `unmatched` has a say: nothing matched, and nothing that counts is as strict."""
    if any(each.is_match for each in counted):
        return False
    return not counted or grounds.defaults.unmatched is Effect.DENY


def _reasons(
    counted: tuple[Counted, ...], grounds: Grounds, code_effect: Effect | None
) -> Iterator[str]:
    for each in counted:
        yield _sentence(each)
    if _is_unmatched(counted, grounds):
        defaults = grounds.defaults
        yield (
            f"No rule of {grounds.channel.name} matches, so `unmatched: {defaults.unmatched}` "
            f"applies ({defaults.place})."
        )
    if code_effect in {Effect.ASK, Effect.DENY}:
        yield f"The code that guards the tool says {code_effect}."


def _sentence(each: Counted) -> str:
    rule = each.rule
    where = f"{rule.name[0].upper()}{rule.name[1:]} ({rule.place})"
    if each.error is None:
        about = ", ".join(glob.pattern for glob in rule.tool)
        when = f" when {' '.join(rule.condition.source.split())}" if rule.condition else ""
        return f"{where} says {rule.effect} for {about}{when}."
    ending = (
        "it does not allow, and the call asks"
        if rule.effect is Effect.ALLOW
        else f"it counts, and says {rule.effect}"
    )
    return f"{where} has a condition that failed: {each.error}; {ending}."


def _message(matches: Iterable[RuleMatch]) -> str | None:
    """Join what the rules that prevailed say, each sentence once."""
    return "\n".join(dict.fromkeys(match.message for match in matches if match.message)) or None
