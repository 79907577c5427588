"""Who may start and steer agent tasks: the rules under `tasks:`, and what they say of a person.

Asked through `Policy.may_run()` by `operations/check_starter`. Where rules are written, what none
of them covers is refused. Bots, guests, deactivated and external people are refused before this
is asked (`decision.refuse_unfit`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from approvals.domain.display import one_line, shorten
from approvals.domain.tool_glob import ToolGlob

MEMBERS = "*"
"""Stands among names of people sets for whoever is a member of the channel."""


AGENT_SHOWN_MAX_CHARS = 80


class TaskVerb(StrEnum):
    """What a person can do with agent tasks."""

    RUN = "run"
    STATUS = "status"
    LIST = "list"
    CANCEL = "cancel"
    CONTINUE = "continue"


_DEEDS = {
    TaskVerb.RUN: "run {agent}",
    TaskVerb.STATUS: "ask how tasks of {agent} stand",
    TaskVerb.LIST: "list tasks of {agent}",
    TaskVerb.CANCEL: "cancel tasks of {agent}",
    TaskVerb.CONTINUE: "continue tasks of {agent}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRule:
    """People who may do something with some agents."""

    name: str
    """As people read it: ``#prod-incidents, task rule 2``."""
    place: str
    """Where it is written: ``policy.yml:23``."""
    people: tuple[str, ...]
    """Names of people sets, or MEMBERS; a person in any of them may."""
    agents: tuple[ToolGlob, ...]
    verbs: frozenset[TaskVerb]

    def covers(self, agent: str | None, verb: TaskVerb) -> bool:
        """Whether the rule is about *verb* on *agent*; None stands for whichever agent."""
        if verb not in self.verbs:
            return False
        return agent is None or any(glob.matches(agent) for glob in self.agents)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRules:
    """All rules of one `tasks:` key. None of them covering something means nobody may do it."""

    name: str
    """As people read it: ``#prod-incidents, tasks``."""
    place: str
    """Where it is written; empty where nothing is, and the built-in rule holds."""
    rules: tuple[TaskRule, ...]

    def covering(self, agent: str | None, verb: TaskVerb) -> tuple[TaskRule, ...]:
        """Return the rules about *verb* on *agent*."""
        return tuple(rule for rule in self.rules if rule.covers(agent, verb))


MEMBERS_ONLY = TaskRules(
    name="members only",
    place="",
    rules=(
        TaskRule(
            name="members only",
            place="",
            people=(MEMBERS,),
            agents=(ToolGlob.of("*"),),
            verbs=frozenset(TaskVerb),
        ),
    ),
)
"""Holds where the policy says nothing about tasks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskVerdict:
    """Whether one person may do one thing, and which rule says so."""

    is_allowed: bool
    is_uncertain: bool = False
    """Not allowed only because a set that could not be read might hold the person."""
    rule: str
    """The rule that allows it; else those that name other people; else the whole of `tasks`."""
    place: str
    """Where that is written; empty for the built-in rule."""
    reason: str
    """One sentence for people, on one line, with nothing hidden in it."""


def people_asked(rules: TaskRules, *, agent: str | None, verb: TaskVerb) -> frozenset[str]:
    """Return the names of the sets whose people may do it, MEMBERS among them where it counts."""
    return frozenset(name for rule in rules.covering(agent, verb) for name in rule.people)


def shown(agent: str) -> str:
    """Return an agent's name as it is drawn and audited: people may have typed it."""
    return shorten(one_line(agent), AGENT_SHOWN_MAX_CHARS)


def judge(
    rules: TaskRules,
    *,
    channel: str,
    agent: str | None,
    verb: TaskVerb,
    sets: Mapping[str, bool | None],
) -> TaskVerdict:
    """Return whether a person may do *verb* on *agent* in the channel called *channel*.

    *sets* answers by name whether the person belongs; None means that nobody could say, and a
    set it does not hold counts as no.
    """
    about = rules.covering(agent, verb)
    deed = f"{_DEEDS[verb].format(agent=shown(agent or 'any agent'))} in {channel}"
    for rule in about:
        if any(sets.get(name) for name in rule.people):
            return TaskVerdict(
                is_allowed=True,
                rule=rule.name,
                place=rule.place,
                reason=f"{_who(rule.people)} may {deed}.",
            )
    names = dict.fromkeys(name for rule in about for name in rule.people)
    said = "; ".join(rule.name for rule in about) or rules.name
    who = f"Only {_who(names)}" if about else "Nobody"
    return TaskVerdict(
        is_allowed=False,
        is_uncertain=any(sets.get(name, False) is None for name in names),
        rule=said,
        place="; ".join(rule.place for rule in about) or rules.place,
        reason=f"{who} may {deed} (rule: {said}).",
    )


def _who(names: Iterable[str]) -> str:
    return " or ".join("members of the channel" if name == MEMBERS else name for name in names)
