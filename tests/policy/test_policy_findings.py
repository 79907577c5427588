"""What `validate` finds odd in a policy that can be read."""

import itertools

import pytest

from approvals.domain.findings import findings, never_seen
from approvals.domain.tool_glob import ToolGlob
from tests.policy.given import policy_of


def found(*rules: str, guardrails: tuple[str, ...] = ()) -> list[str]:
    """What is odd, but for leads and sre, which the shared policy has anyway."""
    return [each.text for each in findings(policy_of(*rules, guardrails=guardrails))]


@pytest.mark.parametrize(
    ("rules", "guardrails", "says"),
    [
        (
            ['tool: "k8s.get_*", effect: allow'],
            ['tool: "k8s.*", effect: deny'],
            "#ops, rule 1 never decides: guardrail 1 (policy.yml:7) says deny for all of it",
        ),
        (
            ['tool: "k8s.*", effect: ask', "tool: k8s.get_pods, effect: allow"],
            [],
            "#ops, rule 2 never decides: #ops, rule 1 (policy.yml:12) says ask for all of it",
        ),
        (
            ["tool: [a.x, a.y], effect: allow", 'tool: "a.*", except: b.*, effect: ask'],
            [],
            "#ops, rule 1 never decides: #ops, rule 2",
        ),
        (
            ['tool: "k8s.get_*", except: "k8s.*", effect: allow'],
            [],
            "#ops, rule 1 never counts: its except takes out all it is about",
        ),
    ],
)
def test_a_rule_that_never_decides_is_told_with_the_one_that_does(
    rules: list[str], guardrails: list[str], says: str
) -> None:
    (text,) = found(*rules, guardrails=tuple(guardrails))

    assert text.startswith(says)
    assert " – " in text


@pytest.mark.parametrize(
    "rules",
    [
        ['tool: "k8s.*", effect: ask, when: args.x == 1', 'tool: "k8s.get_*", effect: allow'],
        ['tool: "k8s.*", except: k8s.get_pods, effect: ask', 'tool: "k8s.get_*", effect: allow'],
        ['tool: "k8s.get_*", effect: ask', 'tool: "k8s.*", effect: allow'],
        ['tool: "k8s.*", effect: ask', 'tool: "k8s.get_*", effect: deny'],
        ['tool: "k8s.*", effect: ask', 'tool: "k8s.*", effect: ask, risk: high'],
    ],
)
def test_a_rule_that_may_decide_is_not_complained_of(rules: list[str]) -> None:
    assert found(*rules) == []


def test_a_quorum_that_one_absence_breaks_is_told_with_who_it_is() -> None:
    (text,) = found('tool: "*", effect: ask, quorum: [{of: sre}, {of: leads}]')

    assert text.startswith("#ops, rule 1 can be met only while U01ALICE neither asks nor is away")
    assert found('tool: "*", effect: ask, quorum: [{of: sre, count: 2}]') == []


def test_a_pattern_that_no_recorded_call_fits_is_told() -> None:
    policy = policy_of('tool: ["k8s.get_*", "k8s.gte_*"], effect: ask')

    (slip,) = never_seen(policy, {"k8s.get_pods"})

    assert "#ops, rule 1 is about k8s.gte_*, and no recorded call was" in slip.text


def test_a_pattern_covers_another_exactly_when_no_name_tells_them_apart() -> None:
    """Against trying every short name: a name that fits one and not the other."""
    patterns = ["".join(each) for n in (1, 2, 3) for each in itertools.product("ab*", repeat=n)]
    names = ["".join(each) for n in range(1, 6) for each in itertools.product("abc", repeat=n)]
    fits = {each: {name for name in names if ToolGlob.of(each).matches(name)} for each in patterns}

    for one, other in itertools.product(patterns, repeat=2):
        covers = ToolGlob.of(one).covers(ToolGlob.of(other))
        assert covers == (fits[other] <= fits[one]), (one, other)
