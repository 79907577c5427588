"""What is odd in a policy that can be read: rules that never count, quorums one absence breaks.

Asked by `sayso policy validate`. A finding is no mistake, because the file means something as it
stands; but its author hardly meant that.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from approvals.domain.effect import Effect
from approvals.domain.ids import UserId
from approvals.domain.people import PeopleSet
from approvals.domain.policy import Policy
from approvals.domain.quorum import can_be_met
from approvals.domain.requirement import Slot
from approvals.domain.rule import ChannelPolicy, Rule
from approvals.domain.tool_glob import ToolGlob


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One oddity; as text ``policy.yml:12: what – what to do``."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


def findings(policy: Policy) -> tuple[Finding, ...]:
    """Return what is odd, guardrails first, then channel by channel."""
    found: list[Finding] = []
    for rule in policy.guardrails:
        found += _idle(rule, policy.guardrails)
        found += _thin(rule.name, rule.place, rule.quorum, policy.sets)
    for channel in policy.channels:
        found += _of_channel(policy, channel)
    return tuple(dict.fromkeys(found))


def never_seen(policy: Policy, tools: Iterable[str]) -> tuple[Finding, ...]:
    """Return the patterns of rules that match none of *tools*, the names of recorded calls."""
    seen = frozenset(tools)
    return tuple(
        Finding(
            place=rule.place,
            text=f"{rule.name} is about {glob.pattern}, and no recorded call was – "
            "look for a slip in the name",
        )
        for rule in _all_rules(policy)
        for glob in rule.tool
        if not any(glob.matches(tool) for tool in seen)
    )


def _all_rules(policy: Policy) -> Iterator[Rule]:
    yield from policy.guardrails
    for channel in policy.channels:
        yield from channel.rules


def _of_channel(policy: Policy, channel: ChannelPolicy) -> Iterator[Finding]:
    approvers = (Slot(of=channel.approvers),)
    yield from _thin(f"{channel.name}, approvers", channel.place, approvers, policy.sets)
    for rule in channel.rules:
        yield from _idle(rule, (*policy.guardrails, *channel.rules))
        yield from _thin(rule.name, rule.place, rule.quorum, policy.sets)


def _idle(rule: Rule, among: Iterable[Rule]) -> Iterator[Finding]:
    """Tell why *rule* never decides anything, where another one is always stricter."""
    if all(_is_covered(glob, rule.excepted) for glob in rule.tool):
        yield Finding(
            place=rule.place,
            text=f"{rule.name} never counts: its except takes out all it is about – remove one",
        )
        return
    for other in among:
        if other is rule or not _is_stricter(other, rule):
            continue
        if all(_is_always_about(other, glob, but=rule.excepted) for glob in rule.tool):
            yield Finding(
                place=rule.place,
                text=f"{rule.name} never decides: {other.name} ({other.place}) says "
                f"{other.effect} for all of it – remove the one that is not meant",
            )
            return


def _is_stricter(other: Rule, rule: Rule) -> bool:
    order = tuple(Effect)
    return other.condition is None and order.index(other.effect) > order.index(rule.effect)


def _is_always_about(other: Rule, glob: ToolGlob, *, but: tuple[ToolGlob, ...]) -> bool:
    """Whether *other* covers every tool of *glob*, or every one that *but* leaves of it."""
    holes = [hole for hole in other.excepted if not _is_covered(hole, but)]
    return _is_covered(glob, other.tool) and not any(_may_meet(hole, glob) for hole in holes)


def _is_covered(glob: ToolGlob, by: Iterable[ToolGlob]) -> bool:
    return any(each.covers(glob) for each in by)


def _may_meet(one: ToolGlob, other: ToolGlob) -> bool:
    """Whether some name may fit both; uncertain counts as yes."""
    first, second = one.pattern.partition("*")[0], other.pattern.partition("*")[0]
    last, end = one.pattern.rpartition("*")[2], other.pattern.rpartition("*")[2]
    if one.is_name:
        return other.matches(one.pattern)
    if other.is_name:
        return one.matches(other.pattern)
    shortest = min(len(first), len(second))
    shared = min(len(last), len(end))
    same_start = first[:shortest] == second[:shortest]
    return same_start and (not shared or last[-shared:] == end[-shared:])


def _thin(
    name: str, place: str, slots: tuple[Slot, ...], sets: Mapping[str, PeopleSet]
) -> Iterator[Finding]:
    """Tell of a quorum that is out of reach as soon as one of its people is the one who asks."""
    people = {
        set_name: each.users if (each := sets.get(set_name)) and each.is_written_out else None
        for slot in slots
        for set_name in slot.of
    }
    members: set[UserId] = set().union(*(who for who in people.values() if who is not None))
    alone = sorted(user for user in members if not can_be_met(slots, people, {user}))
    if slots and alone:
        yield Finding(
            place=place,
            text=f"{name} can be met only while {' and '.join(alone[:5])} neither asks nor is "
            "away – name more people",
        )
