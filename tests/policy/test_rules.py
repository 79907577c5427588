"""What rules mean: which count, how they merge, and what happens when none or a broken one does."""

import itertools
from datetime import timedelta

import pytest

from approvals.domain.policy import Effect, Requirement, Risk, Slot
from approvals.domain.strict_json import JsonValue
from tests.policy.given import asked, call, policy_of

ALLOW_READS = "tool: k8s.get_*, effect: allow"


def test_T1_a_call_no_rule_matches_is_asked_about() -> None:
    requirement = asked(policy_of(ALLOW_READS), "k8s.delete_pod")

    assert requirement.effect is Effect.ASK
    assert requirement.slots_by_rule == ((Slot(of=("sre",), count=1),),)
    assert "unmatched: ask" in requirement.reasons[0]


def test_T1_a_policy_without_any_rule_allows_nothing() -> None:
    assert asked(policy_of(), "anything").effect is Effect.ASK


@pytest.mark.parametrize(
    "arguments",
    [{}, {"amount": "12"}, {"amount": None}, {"amount": [1]}, {"amount": {"value": 1}}],
)
@pytest.mark.parametrize(
    ("rule_effect", "counts_as"),
    [("allow", Effect.ASK), ("ask", Effect.ASK), ("deny", Effect.DENY)],
)
def test_T2_a_rule_whose_condition_fails_takes_the_strict_side(
    rule_effect: str, counts_as: Effect, arguments: dict[str, JsonValue]
) -> None:
    policy = policy_of(f"tool: pay, when: args.amount < 100, effect: {rule_effect}")

    requirement = policy.requirement(call("pay", **arguments))

    assert requirement.effect is counts_as
    assert requirement.rules[0].error
    assert "failed" in requirement.reasons[0]


def test_T2_an_allow_rule_that_failed_beats_another_allow_rule() -> None:
    policy = policy_of(
        "tool: '*', effect: allow", "tool: pay, when: args.amount < 100, effect: allow"
    )

    assert asked(policy, "pay", amount=5).effect is Effect.ALLOW
    assert asked(policy, "pay").effect is Effect.ASK


def test_T2_a_condition_that_answers_no_truth_value_counts_as_failed() -> None:
    requirement = asked(policy_of("tool: pay, when: args.amount, effect: deny"), "pay", amount=5)

    assert requirement.effect is Effect.DENY
    assert requirement.rules[0].error == "it answers int, not true or false"


@pytest.mark.parametrize("amount", [{}, {"amount": 5}, {"amount": "five"}])
def test_T3_missing_data_never_helps_a_call_through_an_allow_rule(
    amount: dict[str, JsonValue],
) -> None:
    policy = policy_of('tool: pay, when: args.amount > 10 && args.env == "dev", effect: allow')

    assert policy.requirement(call("pay", env="dev", **amount)).effect is Effect.ASK


def test_T4_deny_beats_ask_beats_allow_in_any_order() -> None:
    rules = [f"tool: pay, effect: {effect}" for effect in ("allow", "ask", "deny")]

    for order in itertools.permutations(rules):
        assert asked(policy_of(*order), "pay").effect is Effect.DENY
    for order in itertools.permutations(rules[:2]):
        assert asked(policy_of(*order), "pay").effect is Effect.ASK


def test_T4_several_asking_rules_merge_to_the_strictest() -> None:
    policy = policy_of(
        "tool: pay, effect: ask, timeout: 10m, risk: high, message: One.",
        "tool: pay*, effect: ask, timeout: 3m, risk: low, message: Two.",
        "tool: '*', effect: allow",
    )

    requirement = asked(policy, "pay")

    assert requirement.timeout == timedelta(minutes=3)
    assert requirement.risk is Risk.HIGH
    assert requirement.message == "One.\nTwo."
    assert len(requirement.slots_by_rule) == 2
    assert len(requirement.rules) == 3


def test_only_matched_rules_lend_their_timeout() -> None:
    policy = policy_of(
        "tool: pay, effect: ask",
        "tool: other, effect: ask, timeout: 1m",
    )

    assert asked(policy, "pay").timeout == timedelta(minutes=15)
    assert asked(policy, "other").timeout == timedelta(minutes=1)


def test_a_denial_carries_the_message_of_the_rule_that_denies() -> None:
    policy = policy_of(
        "tool: pay, effect: deny, message: Never.", "tool: pay, effect: ask, message: Maybe."
    )

    assert asked(policy, "pay").message == "Never."


def test_a_guardrail_tightens_what_a_channel_allows() -> None:
    policy = policy_of("tool: '*', effect: allow", guardrails=("tool: db.drop_*, effect: deny",))

    assert asked(policy, "db.drop_table").effect is Effect.DENY
    assert asked(policy, "db.read").effect is Effect.ALLOW
    assert asked(policy, "db.drop_table").rules[0].name == "guardrail 1"


def test_a_guardrail_that_asks_opens_no_channel_that_denies_what_it_does_not_match() -> None:
    policy = policy_of(guardrails=("tool: db.*, effect: ask",), unmatched="deny")

    requirement = asked(policy, "db.read")

    assert requirement.effect is Effect.DENY
    assert [rule.name for rule in requirement.rules] == ["guardrail 1", "unmatched"]


def test_an_allow_rule_that_failed_does_not_match_where_the_unmatched_is_denied() -> None:
    policy = policy_of("tool: pay, when: args.amount < 9, effect: allow", unmatched="deny")

    assert asked(policy, "pay", amount=5).effect is Effect.ALLOW
    assert asked(policy, "pay").effect is Effect.DENY
    assert asked(policy, "pay", amount=50).effect is Effect.DENY


def test_an_exception_takes_a_tool_out_of_a_rule() -> None:
    policy = policy_of("tool: k8s.*, except: [k8s.get_*, k8s.list_*], effect: deny", ALLOW_READS)

    assert asked(policy, "k8s.get_pods").effect is Effect.ALLOW
    assert asked(policy, "k8s.list_pods").effect is Effect.ASK
    assert asked(policy, "k8s.restart").effect is Effect.DENY


DISGUISED = [
    "k8s.get_pods ",
    " k8s.get_pods",
    "k8s.get_\u200bpods",
    "k8s.get_pods\u200b",
    "k8s.get_pods\n",
    "\uff4b8s.get_pods",
    "k8s.get_pods\u00ad",
    "k8s.get_pod\u0301s",
    "k8s.get_pods\u3164",
    "k8s.get_pods\u2800",
    "k8s.get_\u115fpods",
    "k8s.get_pods\u202e",
    "k8s\uff0eget_pods",
]


@pytest.mark.parametrize("name", DISGUISED)
@pytest.mark.parametrize("pattern", ["k8s.get_pods", "k8s.get_*", "'*'"])
def test_T13_a_name_that_only_looks_like_the_allowed_one_is_not_allowed(
    name: str, pattern: str
) -> None:
    policy = policy_of(f"tool: {pattern}, effect: allow")

    assert asked(policy, "k8s.get_pods").effect is Effect.ALLOW
    assert asked(policy, name).effect is Effect.ASK


@pytest.mark.parametrize("name", ["K8S.GET_PODS", "k8s.Get_pods", "k8s.get_pod", "k8s_get_pods"])
@pytest.mark.parametrize("pattern", ["k8s.get_pods", "k8s.get_pods*"])
def test_T13_letters_count_as_they_are_written(name: str, pattern: str) -> None:
    policy = policy_of(f"tool: {pattern}, effect: allow")

    assert asked(policy, name).effect is Effect.ASK


def test_T13_a_disguised_name_is_still_denied_and_no_exception_excuses_it() -> None:
    policy = policy_of("tool: db.*, except: db.read_*, effect: deny")

    assert asked(policy, "db.read_x").effect is Effect.ASK
    assert asked(policy, "db.read_x\u200b").effect is Effect.DENY
    assert asked(policy, "db.drop\u200b").effect is Effect.DENY


def test_the_stricter_of_file_and_code_wins() -> None:
    policy = policy_of("tool: read, effect: allow", "tool: drop, effect: deny")

    assert asked(policy, "read", code_effect=Effect.ASK).effect is Effect.ASK
    assert asked(policy, "drop", code_effect=Effect.ASK).effect is Effect.DENY
    assert asked(policy, "other", code_effect=Effect.ALLOW).effect is Effect.ASK
    assert asked(policy, "read", code_effect=Effect.ASK).slots_by_rule == ((Slot(of=("sre",)),),)


def test_a_requirement_survives_being_stored() -> None:
    policy = policy_of(
        "tool: pay, when: args.amount < 100, effect: allow",
        "tool: pay, effect: ask, timeout: 90s, risk: high, message: Money moves.",
    )
    requirement = asked(policy, "pay", code_effect=Effect.ASK)

    assert Requirement.from_json(requirement.to_json()) == requirement


def test_an_allowed_call_gets_the_same_answer_object_each_time() -> None:
    policy = policy_of("tool: k8s.*, effect: allow")

    first = asked(policy, "k8s.get_pods", namespace="a")

    assert asked(policy, "k8s.get_pods", namespace="b") is first
    assert asked(policy, "k8s.get_nodes") is first


def test_remembered_tool_names_are_bounded() -> None:
    policy = policy_of("tool: k8s.*, effect: allow")
    for number in range(5_000):
        policy.requirement(call(f"k8s.{number}"))

    assert policy._plan.cache_info().currsize <= 4_096
