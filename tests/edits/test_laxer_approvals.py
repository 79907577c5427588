"""An edit never runs on a laxer approval: whatever the rules, whoever clicks, in whatever order."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals.domain.edited_requirement import of_both
from approvals.domain.option import Sources, Terms, settle, stricter
from approvals.domain.policy import Policy
from approvals.domain.quorum import is_met
from approvals.domain.requirement import Effect, Requirement
from approvals.domain.terms import EDIT, OPTIONS, RISK, TIMEOUT
from approvals.domain.tool_call import ToolCall
from approvals.storage.policy_reader import read_policy

_HEAD = """
version: 1
defaults: {channel: "#ops", edit: true}
people:
  sre: {users: [U0A, U0B, U0C]}
  leads: {users: [U0C, U0D, U0E]}
  owners: {users: [U0F, U0G]}
channels:
  "#ops":
    id: C0OPS
    approvers: [sre]
    rules:
"""
_PEOPLE = {
    "A": ("sre",),
    "B": ("sre",),
    "C": ("leads", "sre"),
    "D": ("leads",),
    "E": ("leads",),
    "F": ("owners",),
    "G": ("owners",),
}


@st.composite
def policies(draw: st.DrawFn) -> str:
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        when = draw(st.sampled_from(["", ", when: args.n > 5", ", when: args.n <= 5"]))
        slots = draw(
            st.lists(
                st.tuples(st.sampled_from(["sre", "leads", "owners"]), st.integers(1, 2)),
                max_size=2,
                unique_by=lambda slot: slot[0],
            )
        )
        quorum = ", ".join(f"{{of: {name}, count: {count}}}" for name, count in slots)
        also = f", quorum: [{quorum}]" if quorum else ""
        also += draw(st.sampled_from(["", ", timeout: 1m", ", timeout: 1h", ", risk: low"]))
        lines.append(f"      - {{tool: t, effect: ask{when}{also}}}")
    return _HEAD + "\n".join(lines)


def asked(policy: Policy, number: int) -> Requirement:
    return policy.requirement(ToolCall.of("t", "f" * 64, {"n": number}), code_effect=Effect.ASK)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(written=policies(), approving=st.sets(st.sampled_from(sorted(_PEOPLE))))
def test_c3_who_is_enough_for_an_edited_call_is_enough_for_it_as_asked_and_as_edited(
    written: str, approving: set[str]
) -> None:
    policy = read_policy(written.encode())
    then, now = asked(policy, 1), asked(policy, 9)
    sets = [_PEOPLE[each] for each in sorted(approving)]

    both = of_both(then, now)

    if is_met(both.slots_by_rule, sets):
        assert is_met(then.slots_by_rule, sets)
        assert is_met(now.slots_by_rule, sets)
    assert both.timeout <= min(then.timeout, now.timeout)
    assert {both.risk} <= {then.risk, now.risk}
    assert both.risk is max(then.risk, now.risk, key=["low", "medium", "high"].index)
    assert of_both(both, then).slots_by_rule  # an edit back keeps asking
    stored = Requirement.from_json(json.loads(json.dumps(both.to_json())))
    assert stored == both


_SAID: st.SearchStrategy[dict[Any, Any]] = st.fixed_dictionaries({}, optional={EDIT: st.booleans()})


@given(rules=st.lists(_SAID, max_size=4), channel=_SAID, defaults=_SAID)
def test_arguments_may_be_changed_only_where_every_asking_rule_lets_them(
    rules: list[dict[Any, Any]], channel: dict[Any, Any], defaults: dict[Any, Any]
) -> None:
    around = channel.get(EDIT, defaults.get(EDIT, False))
    sources = Sources(
        rules=[(Effect.ASK, Terms(each)) for each in rules],
        channel=Terms(channel),
        defaults=Terms(defaults),
    )

    settled = settle(sources, OPTIONS)

    said = [each.get(EDIT, around) for each in rules] or [around]
    assert settled[EDIT] is all(said)


def test_terms_nobody_said_stay_unsaid_and_silence_forbids_edits() -> None:
    one, other = Terms({EDIT: True}), Terms()

    assert stricter(OPTIONS, one, other)[EDIT] is False
    assert TIMEOUT not in stricter(OPTIONS, one, other)
    assert RISK not in stricter(OPTIONS, one, other)
