"""What holds for every policy: order does not matter, and adding a strict rule never loosens."""

from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from approvals.domain.durations import format_duration, parse_duration
from approvals.domain.policy import Effect, Requirement, Risk
from approvals.domain.tool_glob import ToolGlob
from approvals.storage.mistakes import Mistakes, PolicyInvalid
from approvals.storage.policy_reader import read_policy
from approvals.storage.yaml_nodes import read_nodes
from tests.policy.given import HEAD, call, policy_of

STRICTNESS = [Effect.ALLOW, Effect.ASK, Effect.DENY]
TOOLS = ["a.x", "a.y", "b.x", "b\u200b.x"]
CONDITIONS = ["", ", when: args.n > 5", ", when: args.n <= 5", ", when: args.missing == 1"]


@st.composite
def rules(draw: st.DrawFn) -> str:
    tool = draw(st.sampled_from(["a.*", "'*'", "a.x", "b.*", "'*.x'"]))
    effect = draw(st.sampled_from(["allow", "ask", "deny"]))
    text = f"tool: {tool}, effect: {effect}{draw(st.sampled_from(CONDITIONS))}"
    if effect == "ask":
        text += draw(st.sampled_from(["", ", timeout: 1m", ", timeout: 10m", ", timeout: 1h"]))
        text += draw(st.sampled_from(["", ", risk: low", ", risk: high"]))
    return text


def essence(requirement: Requirement) -> tuple[Effect, timedelta, Risk, int, int]:
    """What has to be the same whichever order the rules are written in."""
    return (
        requirement.effect,
        requirement.timeout,
        requirement.risk,
        len(requirement.rules),
        len(requirement.slots_by_rule),
    )


@settings(max_examples=60, deadline=None)
@given(st.data(), st.lists(rules(), max_size=6), st.sampled_from(TOOLS), st.integers(0, 10))
def test_the_order_of_rules_changes_nothing(
    data: st.DataObject, written: list[str], tool: str, number: int
) -> None:
    shuffled = data.draw(st.permutations(written))

    one = policy_of(*written).requirement(call(tool, n=number))
    other = policy_of(*shuffled).requirement(call(tool, n=number))

    assert essence(one) == essence(other)


TIGHTENING = rules().filter(lambda rule: "effect: allow" not in rule)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(rules(), max_size=5),
    TIGHTENING,
    st.sampled_from(TOOLS),
    st.sampled_from(["ask", "deny"]),
)
def test_adding_a_guardrail_never_loosens(
    written: list[str], added: str, tool: str, unmatched: str
) -> None:
    before = policy_of(*written, unmatched=unmatched)
    after = policy_of(*written, guardrails=(added,), unmatched=unmatched)

    for number in (1, 9):
        loose = before.requirement(call(tool, n=number)).effect
        tight = after.requirement(call(tool, n=number)).effect
        assert STRICTNESS.index(tight) >= STRICTNESS.index(loose)


@settings(max_examples=60, deadline=None)
@given(st.lists(rules(), max_size=5), TIGHTENING, st.sampled_from(TOOLS))
def test_adding_a_rule_that_asks_or_denies_never_loosens_where_the_unmatched_is_asked(
    written: list[str], added: str, tool: str
) -> None:
    before = policy_of(*written).requirement(call(tool, n=7))

    after = policy_of(*written, added).requirement(call(tool, n=7))

    assert STRICTNESS.index(after.effect) >= STRICTNESS.index(before.effect)
    assert essence(after) == essence(
        policy_of(*written, guardrails=(added,)).requirement(call(tool, n=7))
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(rules(), max_size=6), st.sampled_from(TOOLS), st.sampled_from([None, *STRICTNESS]))
def test_code_never_loosens_and_deny_beats_everything(
    written: list[str], tool: str, code_effect: Effect | None
) -> None:
    policy = policy_of(*written)
    without = policy.requirement(call(tool, n=1))

    requirement = policy.requirement(call(tool, n=1), code_effect=code_effect)

    assert STRICTNESS.index(requirement.effect) >= STRICTNESS.index(without.effect)
    assert (requirement.effect is Effect.DENY) == (
        Effect.DENY in {rule.effect for rule in requirement.rules}
    )
    assert len(requirement.reasons) == len(requirement.rules) > 0


@settings(max_examples=60, deadline=None)
@given(st.lists(rules(), max_size=6), st.sampled_from(TOOLS), st.integers(0, 10))
def test_an_allowed_call_met_only_allowing_rules_and_no_error(
    written: list[str], tool: str, number: int
) -> None:
    requirement = policy_of(*written).requirement(call(tool, n=number))

    if requirement.effect is Effect.ALLOW:
        assert "\u200b" not in tool
        assert {rule.effect for rule in requirement.rules} == {Effect.ALLOW}
        assert not any(rule.error for rule in requirement.rules)
    if requirement.effect is Effect.ASK:
        assert requirement.slots_by_rule
        assert all(slots for slots in requirement.slots_by_rule)
    assert Requirement.from_json(requirement.to_json()) == requirement


@given(st.integers(1, 7 * 24 * 3600))
def test_a_written_duration_reads_back_as_itself(seconds: int) -> None:
    duration = timedelta(seconds=seconds)

    assert parse_duration(format_duration(duration)) == duration


@example("a*a", "a")
@example("ab*ba", "aba")
@example("a*b*c", "a-c-b")
@example("a*b*b", "ab")
@given(st.text("ab*", min_size=1, max_size=8), st.text("ab", max_size=10))
def test_a_tool_pattern_means_what_its_letters_and_stars_say(pattern: str, name: str) -> None:
    def fits(rest: str, left: str) -> bool:
        if not rest:
            return not left
        if rest[0] == "*":
            return fits(rest[1:], left) or (bool(left) and fits(rest, left[1:]))
        return bool(left) and left[0] == rest[0] and fits(rest[1:], left[1:])

    assert ToolGlob.of(pattern).matches(name) == fits(pattern, name)


YAMLISH = st.text("ab:-#{}[]\"'\n \t&*!|>%@,?\\x07\u200b\ud800", max_size=60)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=80), YAMLISH.map(lambda t: t.encode("utf-8", "surrogatepass"))))
def test_whatever_the_bytes_a_file_is_read_or_its_mistakes_are_told(raw: bytes) -> None:
    mistakes = Mistakes("policy.yml")

    root = read_nodes(raw, mistakes)
    with pytest.raises(PolicyInvalid) as refused:
        read_policy(HEAD.encode() + raw)

    assert root is not None or mistakes.found
    for mistake in refused.value.mistakes:
        assert mistake.line >= 1
        assert mistake.column >= 1
        assert "\n" not in str(mistake)
