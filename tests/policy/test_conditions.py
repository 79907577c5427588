"""Conditions of rules: what they may say, what bounds them, and what they cost."""

import subprocess
import sys

import pytest

from approvals.domain.conditions import Condition, ConditionMistake
from approvals.domain.policy import Effect
from approvals.domain.strict_json import JsonValue
from approvals.storage.mistakes import PolicyInvalid
from tests.costs import cost
from tests.policy.given import call, policy_of

HIDING = [
    "args.amount > 100 || true",
    "args.items.exists(x, x > 1)",
    "args.items.all(x, x > 1)",
    "args.items.exists_one(x, x > 1)",
    "args.items.filter(x, x > 1).size() > 0",
    "!args.dry_run",
    "args.dry_run ? true : false",
    "args.a == 1 && (args.b == 2 || args.c == 3)",
]


def condition(source: str, *, for_allow: bool = False) -> Condition:
    return Condition.of(source, for_allow=for_allow)


def effect_of(rule: str, **arguments: JsonValue) -> Effect:
    return policy_of(rule).requirement(call("t", **arguments)).effect


@pytest.mark.parametrize("source", HIDING)
def test_T3_an_allow_rule_may_not_hide_errors_behind_an_operator(source: str) -> None:
    with pytest.raises(ConditionMistake, match="an allow rule's condition may not use"):
        condition(source, for_allow=True)

    assert condition(source).source == source


@pytest.mark.parametrize("source", HIDING)
def test_T3_a_policy_file_with_such_an_allow_rule_is_refused(source: str) -> None:
    with pytest.raises(PolicyInvalid, match="an allow rule's condition may not use"):
        policy_of(f"tool: t, when: '{source}', effect: allow")

    assert effect_of(f"tool: t, when: '{source}', effect: deny") is Effect.DENY


@pytest.mark.parametrize(
    "source",
    [
        'args.env != "prod"',
        'args.amount <= 100 && args.currency == "EUR"',
        'args.env in ["dev", "test"]',
        "has(args.dry_run) && args.dry_run == true",
        'args.name.startsWith("tmp-") && size(args.name) < 40',
        'args.name.matches("^[a-z|!?]+$")',
        'tool == "k8s.get" && args["name"] == "a || !b ? c : d"',
        "args.items.map(x, x * 2).size() < 5",
        'timestamp(args.at) > timestamp("2026-01-01T00:00:00Z")',
        "type(args.amount) == int && -args.amount < 0",
    ],
)
def test_what_fails_loudly_may_stand_in_an_allow_rule(source: str) -> None:
    assert condition(source, for_allow=True).source == source


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("a" * 1_001, "has 1001 characters – at most 1000"),
        ("args.l" + ".map(x, x)" * 5, "uses 5 macros – at most 4"),
        ("[1].all(x, [1].all(y, [1].all(z, true)))", "macros are nested deeper than 2"),
        ("(" * 200 + "true" + ")" * 200, "nested deeper than 32"),
        ("[" * 33 + "]" * 33, "nested deeper than 32"),
        ("env == 'prod'", "'env' is unknown"),
        ("args.env == prod", "'prod' is unknown"),
        ("getenv(args.x)", "no function 'getenv'"),
        ("args.x.lowerAscii() == 'a'", "no function 'lowerAscii'"),
        ("args.x.matches('(')", "not a regular expression"),
        ("args.x.matches(args.pattern)", "the pattern of matches has to stand in quotes"),
        ("matches(args.x, args.y)", "the pattern of matches has to stand in quotes"),
        ("args.x == ", "not a CEL expression: mismatched input '<EOF>' at its character 11"),
        ("args.x = 1", "not a CEL expression"),
        ("args.x == 'open", "not a CEL expression"),
    ],
)
def test_R8_a_condition_without_a_sound_meaning_or_without_bounds_is_refused(
    source: str, complaint: str
) -> None:
    with pytest.raises(ConditionMistake) as refused:
        condition(source)

    assert complaint in str(refused.value)
    assert " – " in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "arguments",
    [
        {"items": [1] * 101},
        {"items": [[1] * 101]},
        {"items": [], "other": {"deep": [0] * 101}},
        {"items": ["a" * 10_001]},
    ],
)
def test_R8_what_is_too_long_to_walk_through_fails_the_condition(
    arguments: dict[str, JsonValue],
) -> None:
    policy = policy_of('tool: t, when: "args.items.map(x, x).size() >= 0", effect: allow')

    requirement = policy.requirement(call("t", **arguments))

    assert requirement.effect is Effect.ASK
    assert "more than" in str(requirement.rules[0].error)
    assert policy.requirement(call("t", items=[1] * 100)).effect is Effect.ALLOW


def test_R8_the_slowest_condition_that_is_admitted_ends_in_time() -> None:
    items: list[JsonValue] = list(range(100))
    policy = policy_of(
        'tool: t, when: "args.l.all(x, args.l.all(y, x + y >= 0)) && '
        'args.l.exists(x, args.l.exists(y, x + y < 0))", effect: deny'
    )
    subject = call("t", l=items)

    assert policy.requirement(subject).effect is Effect.ASK
    assert cost(lambda: policy.requirement(subject)) < 200


@pytest.mark.parametrize("pattern", ["(a+)+$", "^(a|a)*$", "(.*a){12}$"])
def test_R7_a_pattern_takes_linear_time(pattern: str) -> None:
    policy = policy_of(f"tool: t, when: \"args.text.matches('{pattern}')\", effect: deny")
    subject = call("t", text="a" * 100_000 + "!")

    assert policy.requirement(subject).effect is Effect.ASK
    assert cost(lambda: policy.requirement(subject)) < 500


def test_R7_a_tool_pattern_takes_linear_time() -> None:
    policy = policy_of('tool: "' + "*a" * 60 + '*b", effect: deny')

    subject = call("a" * 200)

    assert policy.requirement(subject).effect is Effect.ASK
    assert cost(lambda: policy.requirement(subject)) < 50


def test_conditions_see_the_arguments_and_the_tool() -> None:
    rule = "tool: t, when: \"tool == 't' && args.a.b[0] == 1 && args.n > 1.5\", effect: allow"

    assert effect_of(rule, a={"b": [1]}, n=2) is Effect.ALLOW
    assert effect_of(rule, a={"b": [1.0]}, n=1.6) is Effect.ALLOW
    assert effect_of(rule, a={"b": [2]}, n=2) is Effect.ASK
    assert effect_of(rule, a={"b": []}, n=2) is Effect.ASK


def test_the_condition_language_is_loaded_only_when_a_rule_needs_it() -> None:
    program = (
        "import sys\n"
        "from tests.policy.given import asked, policy_of\n"
        "assert asked(policy_of('tool: t, effect: allow'), 't').effect == 'allow'\n"
        "assert 'cel' not in sys.modules, 'loaded without need'\n"
        "policy_of('tool: t, when: args.a == 1, effect: allow')\n"
        "assert 'cel' in sys.modules\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_a_condition_without_the_language_installed_is_a_mistake_with_a_remedy() -> None:
    program = (
        "import sys\n"
        "sys.modules['cel'] = None\n"
        "from tests.policy.given import policy_of\n"
        "policy_of('tool: t, when: args.a == 1, effect: allow')\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert "install sayso[server]" in done.stderr.splitlines()[-1]
