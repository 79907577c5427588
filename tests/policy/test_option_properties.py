"""Every option of a rule: in any order the same comes out, and another rule only tightens it."""

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals.domain.edited_requirement import of_both
from approvals.domain.effect import Effect
from approvals.domain.option import Option, Place
from approvals.domain.requirement import Requirement
from approvals.domain.terms import OPTIONS
from approvals.domain.tool_call import ToolCall
from approvals.storage.policy_reader import read_policy
from tests.examples import examples

VALUES: Mapping[str, tuple[Any, ...]] = {
    "timeout": ("30m", "1h", "2h"),
    "permit_ttl": ("1m", "10m"),
    "approved_for": ("1h", "2d"),
    "hold": ("5s", "1m"),
    "risk": ("low", "medium", "high"),
    "remind": ({"every": "2m"}, {"every": "5m", "backoff": 2, "max": 7}),
    "escalate": ([{"after": "3m", "to": "leads"}], [{"after": "9m", "to": ["sre", "leads"]}]),
    "notify": ("sre", ["leads"]),
    "mention": ("first", "reminders", "never"),
    "extend_max": ("never", "10m", "1d"),
    "card": ("open", "private"),
    "deed": ("restart", "stop"),
    "diff": ({"before": "a", "after": "b"}, {"before": "c", "after": "d"}),
    "reason": ("off", "on_reject", "always"),
    "reasons": ("one", ["two", "one"]),
    "cooldown": ("off", "1m", "1h"),
    "join": (True, False),
    "edit": (True, False),
    "editor_may_approve": (True, False),
}
SHOWN = {"deed", "diff"}
"""What only the card shows: rules that do not agree say nothing."""
ASKING = [each for each in OPTIONS if Place.RULE in each.places and Effect.ASK in each.effects]
_RULES = st.fixed_dictionaries(
    {"tool": st.just("t"), "effect": st.just("ask")},
    optional={
        "when": st.sampled_from(["args.n > 0", "args.n > 5", "args.n <= 5"]),
        **{key: st.sampled_from(values) for key, values in VALUES.items()},
    },
)
_CAMPAIGN = settings(
    max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def required(rules: list[dict[str, Any]], number: int = 9) -> Requirement:
    policy = {
        "version": 1,
        "defaults": {"channel": "#ops"},
        "people": {"sre": {"users": ["U0A", "U0B"]}, "leads": {"users": ["U0C"]}},
        "channels": {"#ops": {"id": "C0OPS", "approvers": ["sre"], "rules": rules}},
    }
    call = ToolCall.of("t", "f" * 64, {"n": number})
    return read_policy(json.dumps(policy).encode()).requirement(call)


def is_as_strict(option: Option[Any], tight: Any, loose: Any) -> bool:
    """Whether *tight* is what comes of both: nothing of *loose* is given up."""
    both = [each for each in (loose, tight) if each is not None]
    return option.key in SHOWN or not both or bool(option.strictest(both) == tight)


def test_each_option_of_an_asking_rule_has_values_to_try() -> None:
    assert {option.key for option in ASKING} == set(VALUES)


@_CAMPAIGN
@given(data=st.data(), rules=st.lists(_RULES, max_size=5))
def test_T4_whatever_the_order_of_rules_every_option_comes_out_the_same(
    data: st.DataObject, rules: list[dict[str, Any]]
) -> None:
    shuffled = data.draw(st.permutations(rules))

    assert required(rules).terms == required(shuffled).terms


@_CAMPAIGN
@given(rules=st.lists(_RULES, max_size=4), added=_RULES)
def test_T4_another_rule_never_loosens_what_a_rule_says(
    rules: list[dict[str, Any]], added: dict[str, Any]
) -> None:
    before, after = required(rules).terms, required([*rules, added]).terms

    looser = [
        option.key
        for option in ASKING
        if option in before and not is_as_strict(option, after[option], before[option])
    ]
    assert looser == []


@_CAMPAIGN
@given(rules=st.lists(_RULES, min_size=1, max_size=4))
def test_c3_an_edited_call_is_held_to_every_option_of_the_call_as_it_was_asked(
    rules: list[dict[str, Any]],
) -> None:
    then, now = required(rules, 1), required(rules, 9)

    both = of_both(then, now)

    looser = [
        (option.key, held)
        for held in (then.terms, now.terms)
        for option in ASKING
        if option in held and not is_as_strict(option, both.terms[option], held[option])
    ]
    assert looser == []
