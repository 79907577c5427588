"""A question people ask people: a request like any other, about a call that runs nothing.

Opened by `operations/ask_people`. The call's name and fingerprint are ours, which no tool can have;
its arguments are the question and whom it names. Naming somebody adds a rule to what the policy
asks for; it takes none away.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from approvals.domain.effect import Effect
from approvals.domain.ids import UserId
from approvals.domain.inquiry import is_inquiry
from approvals.domain.people import PeopleSet
from approvals.domain.requirement import Requirement, RuleMatch, Slot
from approvals.domain.strict_json import JsonValue
from approvals.domain.tool_call import ToolCall

ASK_TOOL = "sayso.ask"
"""By this name the policy's rules speak of questions."""
ASKER_AGENT = "sayso"
"""Who asks for the person, where a request names an agent."""
QUESTION_MAX_CHARS = 1_000
NAMED_MAX = 10
_FINGERPRINT = "people-ask-people"
_NAMED_SET = re.compile(r"@([UWS][A-Z0-9]{1,30})", re.ASCII)
"""The name of a set nobody wrote into the policy: one person, or one user group, by id."""


def question_call(question: str, named: Iterable[str] = ()) -> ToolCall:
    """Return the call that stands for *question*; *named* are ids of people and user groups."""
    of: list[JsonValue] = list(dict.fromkeys(named))
    arguments: dict[str, JsonValue] = {"question": question}
    return ToolCall.of(ASK_TOOL, _FINGERPRINT, arguments | ({"of": of} if of else {}))


def is_question(call: ToolCall) -> bool:
    """Whether *call* runs nothing: only people are asked."""
    return call.tool == ASK_TOOL and call.fingerprint == _FINGERPRINT


def runs_nothing(call: ToolCall) -> bool:
    """Whether *call* is a question or an inquiry: however it ends, there is nothing to run."""
    return is_question(call) or is_inquiry(call)


def question_of(call: ToolCall) -> str:
    """Return what is asked, by a question or by an inquiry."""
    return str(call.arguments["question"])


def named_in(call: ToolCall) -> tuple[str, ...]:
    """Return the ids of the people and user groups a question names."""
    of = call.arguments.get("of")
    return tuple(map(str, of)) if isinstance(of, list) else ()


def with_named(requirement: Requirement, call: ToolCall) -> Requirement:
    """Return *requirement* with the rule a question adds to it, where people are asked at all."""
    named = named_in(call) if is_question(call) else ()
    if not named or requirement.effect is not Effect.ASK:
        return requirement
    rule = RuleMatch(
        name="whom it names",
        place="",
        effect=Effect.ASK,
        slots=(Slot(of=tuple(f"@{each}" for each in named)),),
    )
    return replace(requirement, rules=(*requirement.rules, rule))


def named_set(name: str) -> PeopleSet | None:
    """Return the set of this name that a question made, None for names of the policy's own."""
    found = _NAMED_SET.fullmatch(name)
    if found is None:
        return None
    each = found[1]
    if each.startswith("S"):
        return PeopleSet(name=name, usergroups=frozenset({each}))
    return PeopleSet(name=name, users=frozenset({UserId(each)}))


def named_sets(call: ToolCall) -> tuple[PeopleSet, ...]:
    """Return whom a question names, as sets of people."""
    return tuple(found for each in named_in(call) if (found := named_set(f"@{each}")))


def is_named(set_name: str) -> bool:
    """Whether a question made the set of this name."""
    return _NAMED_SET.fullmatch(set_name) is not None
