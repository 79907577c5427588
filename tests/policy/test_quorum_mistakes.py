"""What a `quorum:` of the policy file may not say, each told with its place and its remedy."""

import pytest

from approvals.domain.policy import Effect, Slot
from approvals.storage.policy_quorum import COUNT_MAX, SLOTS_MAX
from approvals.storage.policy_reader import read_policy
from tests.policy.test_mistakes import GOOD, mistakes_in, only

PEOPLE = """\
  sre: {users: [U01ALICE, U02BOB]}
  leads: {users: [U02BOB, U03CAROL]}
  bob: {users: U02BOB}
  oncall: {usergroup: S0ONCALL}
"""
TEXT = GOOD.replace("  sre: {users: [U01ALICE]}\n", PEOPLE)


def with_quorum(written: str, effect: str = "ask") -> str:
    return TEXT.replace("effect: ask", f"effect: {effect}, quorum: {written}")


@pytest.mark.parametrize(
    ("written", "slots"),
    [
        ("[{of: sre, count: 2}]", [Slot(of=("sre",), count=2)]),
        ("[{of: sre}]", [Slot(of=("sre",))]),
        ("[{of: [sre, leads], count: 3}]", [Slot(of=("sre", "leads"), count=3)]),
        ("[{of: [sre, sre]}]", [Slot(of=("sre",))]),
        (
            "[{of: sre, count: 1}, {of: leads, count: 1}]",
            [Slot(of=("sre",)), Slot(of=("leads",))],
        ),
        ("[{of: oncall, count: 20}]", [Slot(of=("oncall",), count=20)]),
        ("[{of: [bob, oncall], count: 2}]", [Slot(of=("bob", "oncall"), count=2)]),
    ],
)
def test_a_quorum_is_read_as_it_is_written(written: str, slots: list[Slot]) -> None:
    (rule,) = read_policy(with_quorum(written).encode()).channels[0].rules

    assert rule.effect is Effect.ASK
    assert list(rule.quorum) == slots


@pytest.mark.parametrize(
    ("written", "column", "says"),
    [
        ("2", 46, "quorum has to be a list – write it like [{of: sre, count: 2}]"),
        ("[]", 46, "quorum has to be a list – write it like"),
        ("{of: sre}", 46, "quorum has to be a list"),
        ("[sre]", 47, "an entry of quorum has to be a mapping of count, of"),
        ("[{count: 1}]", 47, "of is missing – name the people set, or a list of them"),
        ("[{of: ops}]", 52, "'ops' is not one of the people named in this file"),
        ("[{of: [sre, ops]}]", 58, "'ops' is not one of the people named in this file"),
        ("[{of: []}]", 52, "of is an empty list"),
        ("[{of: sre, count: 0}]", 64, "count has to be a whole number, at least 1"),
        ("[{of: sre, count: -1}]", 64, "count has to be a whole number, at least 1"),
        ("[{of: sre, count: 1.5}]", 64, "count has to be a whole number, at least 1"),
        ("[{of: sre, count: two}]", 64, "count has to be a whole number, at least 1"),
        ("[{of: sre, count: 3}]", 64, "count is 3, but sre have fewer people – lower it"),
        ("[{of: [sre, bob], count: 3}]", 71, "count is 3, but sre and bob have fewer people"),
        (f"[{{of: oncall, count: {COUNT_MAX + 1}}}]", 67, "count is 21 – at most 20"),
        ("[{of: sre, min: 1}]", 57, "'min' is not known in this version"),
        ("[{of: bob}, {of: bob}]", 46, "quorum can never be met: a person fills one place"),
        ("[{of: sre, count: 2}, {of: bob}]", 46, "quorum can never be met"),
        (
            "[{of: sre, count: 2}, {of: leads, count: 2}]",
            46,
            "quorum can never be met: a person fills one place of a rule, and these sets have",
        ),
        (f"[{', '.join(['{of: oncall}'] * (SLOTS_MAX + 1))}]", 46, "quorum has 11 entries"),
    ],
)
def test_B2_a_quorum_that_makes_no_sense_or_can_never_be_met_is_a_mistake(
    written: str, column: int, says: str
) -> None:
    line = only(mistakes_in(with_quorum(written)))

    assert line.startswith(f"policy.yml:14:{column}: {says}")


@pytest.mark.parametrize("effect", ["allow", "deny"])
def test_a_quorum_on_a_rule_that_asks_nobody_is_a_mistake(effect: str) -> None:
    line = only(mistakes_in(with_quorum("[{of: sre}]", effect)))

    assert f"quorum means nothing on a rule that says {effect} – remove it" in line


@pytest.mark.parametrize(
    "place", ["defaults:\n", "  sre: {", "    id: C0OPS\n"], ids=["defaults", "people", "channel"]
)
def test_a_quorum_stands_in_rules_and_nowhere_else(place: str) -> None:
    key = {"defaults:\n": "defaults:\n  quorum: 1\n", "  sre: {": "  sre: {quorum: 1, "}
    text = TEXT.replace(place, key.get(place, f"    quorum: 1\n{place}"), 1)

    assert "'quorum' is not known in this version" in only(mistakes_in(text))


def test_a_set_with_a_mistake_of_its_own_does_not_make_its_quorums_wrong() -> None:
    text = with_quorum("[{of: sre, count: 2}]").replace("[U01ALICE, U02BOB]", "[U01ALICE, bob]")

    assert only(mistakes_in(text)).startswith("policy.yml:5:27: ")


def test_a_guardrail_may_ask_a_quorum_too() -> None:
    rail = "guardrails:\n  - {tool: '*', effect: ask, quorum: [{of: leads, count: 2}]}\nchannels:"

    policy = read_policy(TEXT.replace("channels:", rail).encode())

    assert policy.guardrails[0].quorum == (Slot(of=("leads",), count=2),)
