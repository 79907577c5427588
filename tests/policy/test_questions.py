"""Questions people ask people: what naming somebody adds to the policy's word, and never takes."""

import pytest

from approvals.domain.ids import UserId
from approvals.domain.question import is_question, named_set, question_call
from approvals.domain.requirement import Effect, Slot
from approvals.domain.tool_call import ToolCall
from approvals.storage.mistakes import PolicyInvalid
from approvals.storage.policy_reader import read_policy

FILE = """
version: 1
defaults: {channel: "#ops"}
people:
  sre: {users: [U0BOB, U0CAROL]}
  "@leads": {users: [U0CAROL]}
channels:
  "#ops":
    id: C0OPS
    approvers: [sre]
    rules:
      - {tool: "*", effect: ask}
      - tool: sayso.ask
        when: args.question.contains("prod")
        effect: ask
        quorum: [{of: "@leads", count: 1}]
      - {tool: sayso.ask, when: 'args.question.contains("drop")', effect: deny}
"""
POLICY = read_policy(FILE.encode())


def test_naming_adds_a_rule_and_leaves_the_policys_rules_as_they_are() -> None:
    plain = POLICY.requirement(question_call("Deploy to prod?"))
    named = POLICY.requirement(question_call("Deploy to prod?", ["U0DAN", "S0SRE", "U0DAN"]))

    assert named.slots_by_rule[:-1] == plain.slots_by_rule
    assert named.slots_by_rule[-1] == (Slot(of=("@U0DAN", "@S0SRE")),)
    assert (named.effect, named.terms) == (plain.effect, plain.terms)


def test_naming_asks_nobody_where_the_policy_denies() -> None:
    denied = POLICY.requirement(question_call("May I drop it?", ["U0DAN"]))

    assert denied.effect is Effect.DENY
    assert denied.rules == POLICY.requirement(question_call("May I drop it?")).rules


def test_a_tool_that_only_has_the_name_of_a_question_gets_no_rule_of_its_own() -> None:
    call = ToolCall.of("sayso.ask", "f" * 64, {"question": "prod?", "of": ["U0DAN"]})

    assert not is_question(call)
    assert POLICY.requirement(call).rules == POLICY.requirement(question_call("prod?")).rules


def test_a_name_stands_for_one_person_or_group_and_for_no_set_of_the_file() -> None:
    person, group = POLICY.set("@U0DAN"), POLICY.set("@S0SRE")
    assert person is not None
    assert person.users == {UserId("U0DAN")}
    assert group is not None
    assert group.usergroups == {"S0SRE"}
    assert POLICY.set("@leads") is not None
    assert named_set("@leads") is named_set("sre") is None
    assert POLICY.set("@nobody") is None


def test_a_set_of_the_file_may_not_be_named_like_a_person() -> None:
    with pytest.raises(PolicyInvalid, match="@U0BOB stands for one person or group"):
        read_policy(FILE.replace("sre: {", '"@U0BOB": {users: [U0EVE]}\n  sre: {').encode())
