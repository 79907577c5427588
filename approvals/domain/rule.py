"""One rule of the policy and what one channel adds: the nouns `Policy` matches calls against.

Built by the policy file's reader, which has already refused whatever has no meaning.
"""

from dataclasses import dataclass, field

from approvals.domain.conditions import Condition
from approvals.domain.ids import ChannelId
from approvals.domain.requirement import Effect, Slot
from approvals.domain.task_rule import MEMBERS_ONLY, TaskRules
from approvals.domain.terms import Terms
from approvals.domain.tool_glob import ToolGlob, is_plain


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """One match and what it requires. Two rules are never equal, however alike they look."""

    name: str
    """As people read it: ``#prod-incidents, rule 2`` or ``guardrail 1``."""
    place: str
    """Where it is written: ``policy.yml:23``."""
    tool: tuple[ToolGlob, ...]
    excepted: tuple[ToolGlob, ...] = ()
    condition: Condition | None = None
    effect: Effect
    message: str | None = None
    terms: Terms = field(default_factory=Terms)
    """What the rule says about how its calls are asked about."""
    quorum: tuple[Slot, ...] = ()
    """Who has to approve instead of the channel's approvers; empty: one of those."""
    is_guardrail: bool = False
    """Guardrails only tighten: one that asks does not make a call matched."""

    def covers(self, tool: str) -> bool:
        """Whether the rule is about *tool*, its condition aside.

        A name that could pass for another one is read against the caller: no `allow` covers it,
        and no `except` excuses it.
        """
        if not any(glob.matches(tool) for glob in self.tool):
            return False
        if not is_plain(tool):
            return self.effect is not Effect.ALLOW
        return not any(glob.matches(tool) for glob in self.excepted)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChannelPolicy:
    """What one Slack channel adds to the policy."""

    id: ChannelId
    name: str
    """A label, with its ``#``; the id is what counts."""
    place: str
    approvers: tuple[str, ...]
    """Names of people sets; one person of any of them approves where a rule does not say more."""
    terms: Terms = field(default_factory=Terms)
    """What holds where no matched rule says otherwise."""
    rules: tuple[Rule, ...] = ()
    tasks: TaskRules | None = None
    """Who may start and steer agent tasks here; None: what the defaults say."""
    freeze: tuple[str, ...] = ()
    """Names of people sets who may freeze this channel; none: its approvers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What holds where neither a rule nor a channel says otherwise."""

    channel: ChannelId
    unmatched: Effect = Effect.ASK
    place: str
    """Where `unmatched` is written, or where it would be."""
    terms: Terms = field(default_factory=Terms)
    tasks: TaskRules = MEMBERS_ONLY
    freeze: tuple[str, ...] = ()
    """Names of people sets who may freeze everything, and every channel; none: nobody."""
    policy_channel: ChannelId | None = None
    """Where it is told that the policy changed."""
