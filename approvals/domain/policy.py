"""The rules in force: a tool call goes in, a requirement with its reasons comes out.

Read from the policy file by `storage/policy_file`, asked by the operations and by `sayso policy
explain`. Immutable once built; a reload builds a new one. All matching rules count, in any
order; no matching rule is never permission.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from approvals.domain import errors
from approvals.domain.conditions import ConditionFailed, Facts
from approvals.domain.effect import CardShows
from approvals.domain.freeze import ALL
from approvals.domain.ids import ChannelId, UserId
from approvals.domain.inquiry import INQUIRY_TOOL, answered_by_one, is_inquiry
from approvals.domain.merging import Counted, Grounds, merge
from approvals.domain.people import PeopleSet
from approvals.domain.question import ASK_TOOL, named_set, with_named
from approvals.domain.requirement import Effect, Requirement, Risk, RuleMatch, Slot
from approvals.domain.routing import Route, by_specificity, label
from approvals.domain.rule import ChannelPolicy, Defaults, Rule
from approvals.domain.task_rule import TaskRules, TaskVerb, TaskVerdict, judge, people_asked
from approvals.domain.terms import CARD, ESCALATE
from approvals.domain.tool_call import ToolCall
from approvals.domain.webhook import Webhook

__all__ = [
    "ChannelPolicy",
    "Defaults",
    "Effect",
    "PeopleSet",
    "Policy",
    "Requirement",
    "Risk",
    "Route",
    "Rule",
    "RuleMatch",
    "Slot",
]

REMEMBERED_MAX = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """The rules about one tool in one channel; conditions are still to be asked."""

    grounds: Grounds
    candidates: tuple[Counted, ...]
    settled: Requirement | None
    """The answer, where no candidate has a condition and no code has a say."""
    passing: Requirement | None
    """The same, where it allows without having to be in the audit log first."""


class Policy:
    """What may run, what asks whom, and what is denied, per channel."""

    def __init__(
        self,
        *,
        version: str,
        defaults: Defaults,
        people: Iterable[PeopleSet] = (),
        guardrails: Iterable[Rule] = (),
        routes: Iterable[Route] = (),
        channels: Iterable[ChannelPolicy] = (),
        webhooks: Iterable[Webhook] = (),
    ) -> None:
        """Take the parts as the file's reader checked them; *version* is the file's SHA-256."""
        self.version = version
        self.defaults = defaults
        self.guardrails = tuple(guardrails)
        self.channels = tuple(channels)
        self.webhooks = {each.name: each for each in webhooks}
        self.sets = {each.name: each for each in people}
        self._routes = by_specificity(routes)
        self._by_reference = {each.name: each for each in self.channels}
        self._by_reference.update((each.id, each) for each in self.channels)
        self._grounds = {
            each.id: Grounds(channel=each, defaults=defaults, policy_version=version)
            for each in self.channels
        }
        # Bounded, because tool names come from agents; both hold immutable answers only.
        self._plan = lru_cache(REMEMBERED_MAX)(self._make_plan)
        self._merged = lru_cache(REMEMBERED_MAX)(self._merge)

    def requirement(
        self, call: ToolCall, *, channel: str | None = None, code_effect: Effect | None = None
    ) -> Requirement:
        """Return what *call* requires in *channel* (id or name; None: where its tool is routed).

        The stricter of the file and *code_effect* wins. Equal answers are one shared object.

        Raises:
            ChannelUnknown: the policy has no such channel.
        """
        plan = self._plan(call.tool, channel)
        if plan.settled is not None and code_effect is None:
            found = plan.settled
        elif plan.settled is not None:
            found = self._merged(plan.grounds, plan.candidates, code_effect)
        else:
            found = self._merged(plan.grounds, _counting(plan.candidates, call), code_effect)
        if call.tool == INQUIRY_TOOL and is_inquiry(call):
            if found.effect is Effect.ALLOW:  # which answers nothing: the approvers are asked
                return self.requirement(call, channel=channel, code_effect=Effect.ASK)
            return answered_by_one(found)
        return with_named(found, call) if call.tool == ASK_TOOL else found

    def passing(self, tool: str, channel: str | None) -> Requirement | None:
        """Return what allows every call of *tool* in *channel* at once, None where nothing does.

        Raises:
            ChannelUnknown: the policy has no such channel.
        """
        return self._plan(tool, channel).passing

    def settled(self, tool: str, *, channel: str) -> Requirement | None:
        """Return what every call of *tool* in *channel* requires; None: its arguments decide.

        Raises:
            ChannelUnknown: the policy has no such channel.
        """
        return self._plan(tool, channel).settled

    def may_be_private(self, tool: str, *, channel: str) -> bool:
        """Whether a call of *tool* in *channel* may be private, whatever its arguments are.

        Raises:
            ChannelUnknown: the policy has no such channel.
        """
        plan = self._plan(tool, channel)
        places = (plan.grounds.channel.terms, plan.grounds.defaults.terms)
        said = (*places, *(each.rule.terms for each in plan.candidates))
        return any(terms[CARD] is CardShows.PRIVATE for terms in said)

    def channel(self, reference: str) -> ChannelPolicy:
        """Return the channel with this id or name, the ``#`` optional.

        Raises:
            ChannelUnknown: the policy has no such channel.
        """
        found = self._by_reference.get(reference) or self._by_reference.get(label(reference))
        if found is None:
            raise errors.ChannelUnknown(
                f"The policy has no channel {reference!r}. Add it under `channels:` with its id."
            )
        return found

    def channel_for(
        self, tool: str, *, asked: str | None = None, fixed: str | None = None
    ) -> ChannelPolicy:
        """Return whose rules *tool* falls under: those *fixed* by configuration, else routed.

        Raises:
            ChannelNotAllowed: the caller *asked* for another one.
            ChannelUnknown: the policy has no such channel.
        """
        ours = self.channel(fixed) if fixed is not None else self._routed(tool)
        if asked is not None and self.channel(asked) is not ours:
            raise errors.ChannelNotAllowed(
                f"{tool} falls under {ours.name}; a caller may not choose {label(asked)}."
            )
        return ours

    @property
    def card_channels(self) -> tuple[ChannelId, ...]:
        """The ids of all channels in which cards may have to be posted."""
        places = [self.defaults.terms, *(each.terms for each in self.channels)]
        places += [rule.terms for rule in self.guardrails]
        places += [rule.terms for each in self.channels for rule in each.rules]
        rungs = [rung.channel for terms in places for rung in terms[ESCALATE] if rung.channel]
        return tuple(dict.fromkeys([*(each.id for each in self.channels), *rungs]))

    def webhook(self, name: str) -> Webhook | None:
        """Return the webhook of this name, or None, which nobody can be told through."""
        return self.webhooks.get(name)

    def set(self, name: str) -> PeopleSet | None:
        """Return the people set of this name, or None, which means nobody."""
        return self.sets.get(name) or named_set(name)

    def people(self, names: Iterable[str]) -> tuple[PeopleSet, ...]:
        """Return the sets of these names; names the policy no longer has stand for nobody."""
        return tuple(self.sets[name] for name in names if name in self.sets)

    def naming(self, accounts: Mapping[str, UserId]) -> "Policy":
        """Return the policy with ids in the place of the addresses that *accounts* knows."""
        return Policy(
            version=self.version,
            defaults=self.defaults,
            people=[each.naming(accounts) for each in self.sets.values()],
            guardrails=self.guardrails,
            routes=self._routes,
            channels=self.channels,
            webhooks=self.webhooks.values(),
        )

    def approvers(self, channel: str) -> tuple[str, ...]:
        """Return the names of the sets whose people approve in *channel* by default."""
        return self.channel(channel).approvers

    def freezers(self, scope: str) -> tuple[str, ...]:
        """Return the names of the sets who may freeze *scope*, a channel or ALL, and lift it.

        Raises:
            ChannelUnknown: the policy has no such channel.
        """
        everywhere = self.defaults.freeze
        if scope == ALL:
            return everywhere
        ours = self.channel(scope)
        return tuple(dict.fromkeys((*everywhere, *(ours.freeze or ours.approvers))))

    def task_people(self, channel: str, *, agent: str | None, verb: TaskVerb) -> frozenset[str]:
        """Return the names of the sets whose people may do *verb* on *agent* in *channel*.

        `MEMBERS` among them stands for the members of the channel. `may_run` needs answers about
        these and no others.

        Raises:
            ChannelUnknown: the policy has no such channel.
        """
        return people_asked(self._tasks(channel), agent=agent, verb=verb)

    def may_run(
        self,
        channel: str,
        *,
        agent: str | None,
        verb: TaskVerb,
        sets: Mapping[str, bool | None],
    ) -> TaskVerdict:
        """Return whether a person may do *verb* on *agent* in *channel*; None: whichever agent.

        *sets* answers, for each name of `task_people`, whether the person belongs to it.

        Raises:
            ChannelUnknown: the policy has no such channel.
        """
        name = self.channel(channel).name
        return judge(self._tasks(channel), channel=name, agent=agent, verb=verb, sets=sets)

    def _tasks(self, channel: str) -> TaskRules:
        written = self.channel(channel).tasks
        return self.defaults.tasks if written is None else written

    def _routed(self, tool: str) -> ChannelPolicy:
        for route in self._routes:
            if route.tool.matches(tool):
                return self.channel(route.channel)
        return self.channel(self.defaults.channel)

    def _make_plan(self, tool: str, channel: str | None) -> _Plan:
        ours = self._routed(tool) if channel is None else self.channel(channel)
        grounds = self._grounds[ours.id]
        rules = (*self.guardrails, *ours.rules)
        candidates = tuple(Counted(rule=rule) for rule in rules if rule.covers(tool))
        settled = None
        if all(each.rule.condition is None for each in candidates):
            settled = self._merged(grounds, candidates, None)
        passes = settled and settled.effect is Effect.ALLOW and not settled.audit_strict
        return _Plan(
            grounds=grounds,
            candidates=candidates,
            settled=settled,
            passing=settled if passes else None,
        )

    def _merge(
        self, grounds: Grounds, counted: tuple[Counted, ...], code_effect: Effect | None
    ) -> Requirement:
        return merge(counted, grounds, code_effect=code_effect)


def _counting(candidates: tuple[Counted, ...], call: ToolCall) -> tuple[Counted, ...]:
    """Return the candidates that count for *call*: those that match, and those that cannot tell."""
    facts, counting = Facts(call), []
    for each in candidates:
        condition = each.rule.condition
        try:
            if condition is None or facts.satisfy(condition):
                counting.append(each)
        except ConditionFailed as failure:
            counting.append(Counted(rule=each.rule, error=str(failure)))
    return tuple(counting)
