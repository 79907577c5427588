"""What another policy would have answered to recorded calls, beside what was answered.

Asked by `sayso policy replay`. Calls whose arguments are not kept are answered by their tool alone,
where that settles it.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from approvals.domain import errors
from approvals.domain.effect import Effect
from approvals.domain.ids import ChannelId, RequestId
from approvals.domain.policy import Policy
from approvals.domain.quorum import progress
from approvals.domain.recorded import AskedCall, PassedCall, Recorded
from approvals.domain.requirement import Requirement, Slot


class Answer(StrEnum):
    """What a policy answers to a call, as far as it can be told."""

    ALLOW = "allow"
    ASK = "ask"
    DENY = "deny"
    ASK_OTHERS = "ask others"
    """It asks as before, and whose approvals it takes has changed."""
    NO_CHANNEL = "no such channel"
    DEPENDS = "depends on the arguments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Calls of one tool in one channel that would be answered in another way."""

    tool: str
    channel: str
    was: Answer
    now: Answer
    because: str
    """What the first of them would be told, one sentence."""
    count: int
    approved: int = 0
    rejected: int = 0
    example: RequestId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """The outcome of trying a policy on recorded calls."""

    asked: int
    """Calls with their arguments, all of which were tried."""
    passed: int
    """Calls without; those that `unclear` counts could not be answered."""
    unclear: int
    changed: tuple[Changed, ...]


def replay(policy: Policy, recorded: Recorded) -> Replay:
    """Return what *policy* would have answered in another way."""
    asked = [_Trial.of_asked(policy, each) for each in recorded.asked]
    passed = [_Trial.of_passed(policy, each) for each in recorded.passed]
    return Replay(
        asked=len(asked),
        passed=len(passed),
        unclear=sum(trial.now is Answer.DEPENDS for trial in passed),
        changed=tuple(_grouped([*asked, *passed])),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    tool: str
    channel: str
    was: Answer
    now: Answer
    because: str = ""
    ending: str = ""
    example: RequestId | None = None

    @classmethod
    def of_asked(cls, policy: Policy, each: AskedCall) -> "_Trial":
        then = each.requirement
        tried = cls(
            tool=each.call.tool,
            channel=then.channel_name,
            was=Answer(then.effect),
            now=Answer.NO_CHANNEL,
            because=f"The policy has no channel {then.channel_name} ({then.channel}).",
            ending=each.status,
            example=each.request_id,
        )
        try:
            now = policy.requirement(each.call, channel=then.channel, code_effect=each.code_effect)
        except errors.ChannelUnknown:
            return tried
        is_other = then.effect is now.effect is Effect.ASK and _wanted(then) != _wanted(now)
        answer = Answer.ASK_OTHERS if is_other else Answer(now.effect)
        return replace(tried, now=answer, because=_because(now))

    @classmethod
    def of_passed(cls, policy: Policy, each: PassedCall) -> "_Trial":
        tried = cls(
            tool=each.tool,
            channel=_name(policy, each.channel),
            was=Answer(each.effect),
            now=Answer.NO_CHANNEL,
            because=f"The policy has no channel {each.channel}.",
        )
        try:
            settled = policy.settled(each.tool, channel=each.channel)
        except errors.ChannelUnknown:
            return tried
        if settled is None:
            return replace(tried, now=Answer.DEPENDS, because="")
        return replace(tried, now=Answer(settled.effect), because=_because(settled))


def _grouped(trials: Iterable[_Trial]) -> Iterable[Changed]:
    groups: dict[tuple[Answer, Answer, str, str], list[_Trial]] = {}
    for trial in trials:
        if trial.now not in (trial.was, Answer.DEPENDS):
            key = (trial.was, trial.now, trial.tool, trial.channel)
            groups.setdefault(key, []).append(trial)
    for (was, now, tool, channel), members in sorted(groups.items()):
        endings = Counter(member.ending for member in members)
        yield Changed(
            tool=tool,
            channel=channel,
            was=was,
            now=now,
            because=members[0].because,
            count=len(members),
            approved=endings["approved"],
            rejected=endings["rejected"],
            example=members[-1].example,
        )


def _wanted(requirement: Requirement) -> frozenset[Slot]:
    """Return whose approvals it takes, however its rules are written."""
    missing = progress(requirement.slots_by_rule, ()).missing
    return frozenset(Slot(of=tuple(sorted(slot.of)), count=slot.count) for slot in missing)


def _because(requirement: Requirement) -> str:
    return " ".join(requirement.reasons)


def _name(policy: Policy, channel: ChannelId) -> str:
    try:
        return policy.channel(channel).name
    except errors.ChannelUnknown:
        return channel
