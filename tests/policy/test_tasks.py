"""Who may start and steer agent tasks: the policy's text and what the directory said go in."""

from collections.abc import Mapping

import pytest

from approvals.domain import errors
from approvals.domain.policy import Policy
from approvals.domain.task_rule import MEMBERS, TaskVerb, TaskVerdict
from approvals.storage.policy_reader import read_policy

OPS_RULES = """
    tasks:
      - {people: [sre, leads], agents: "ops-*", verbs: [run, cancel]}
      - {people: "*", agents: "*", verbs: status}
"""


def a_policy(tasks: str = "", *, defaults: str = "") -> Policy:
    """A policy whose #ops says *tasks*; #quiet says nothing about them."""
    return read_policy(
        f"""\
version: 1
defaults:
  channel: "#ops"{defaults}
people:
  sre: {{usergroup: S0SRE}}
  leads: {{users: [U0ALICE]}}
channels:
  "#ops":
    id: C0OPS
    approvers: [sre]{tasks}
  "#quiet": {{id: C0QUIET, approvers: [sre]}}
""".encode()
    )


def verdict(
    policy: Policy,
    *,
    agent: str | None = "ops-bot",
    verb: TaskVerb = TaskVerb.RUN,
    channel: str = "C0OPS",
    sets: Mapping[str, bool | None],
) -> TaskVerdict:
    return policy.may_run(channel, agent=agent, verb=verb, sets=sets)


@pytest.mark.parametrize("verb", TaskVerb)
def test_without_the_key_members_of_the_channel_may_do_everything_and_nobody_else_anything(
    verb: TaskVerb,
) -> None:
    policy = a_policy()

    assert verdict(policy, verb=verb, sets={MEMBERS: True}).is_allowed
    refused = verdict(policy, verb=verb, sets={MEMBERS: False, "sre": True, "leads": True})
    assert not refused.is_allowed
    assert refused.reason.startswith("Only members of the channel may ")
    assert (refused.rule, refused.place) == ("members only", "")


def test_a_person_of_any_of_the_sets_may_do_what_the_rule_lists() -> None:
    policy = a_policy(OPS_RULES)

    allowed = verdict(policy, verb=TaskVerb.CANCEL, sets={"sre": False, "leads": True})

    assert allowed.is_allowed
    assert (allowed.rule, allowed.place) == ("#ops, task rule 1", "policy.yml:12")


@pytest.mark.parametrize(
    ("agent", "verb", "sets"),
    [
        ("ops-bot", TaskVerb.RUN, {"sre": False, "leads": False, MEMBERS: True}),
        ("ops-bot", TaskVerb.RUN, {}),
        ("pay-bot", TaskVerb.RUN, {"sre": True}),
        ("OPS-bot", TaskVerb.RUN, {"sre": True}),
        ("ops-bot", TaskVerb.CONTINUE, {"sre": True, MEMBERS: True}),
        ("ops-bot", TaskVerb.STATUS, {"sre": True, MEMBERS: False}),
        (None, TaskVerb.LIST, {"sre": True, MEMBERS: True}),
    ],
)
def test_where_the_key_stands_what_no_rule_gives_is_refused(
    agent: str | None, verb: TaskVerb, sets: Mapping[str, bool | None]
) -> None:
    refused = verdict(a_policy(OPS_RULES), agent=agent, verb=verb, sets=sets)

    assert not refused.is_allowed
    assert not refused.is_uncertain


def test_a_star_among_the_people_stands_for_the_members_of_the_channel() -> None:
    policy = a_policy(OPS_RULES)

    assert verdict(policy, verb=TaskVerb.STATUS, sets={MEMBERS: True}).is_allowed


def test_a_star_among_the_verbs_stands_for_all_of_them() -> None:
    policy = a_policy('\n    tasks: [{people: sre, agents: ["*"], verbs: "*"}]')

    assert all(verdict(policy, verb=verb, sets={"sre": True}).is_allowed for verb in TaskVerb)


def test_asked_without_an_agent_a_rule_about_any_agent_will_do() -> None:
    policy = a_policy(OPS_RULES)

    assert verdict(policy, agent=None, sets={"leads": True}).is_allowed


def test_the_defaults_hold_for_the_channels_that_say_nothing() -> None:
    leads_only = '\n  tasks: [{people: leads, agents: "*", verbs: "*"}]'
    policy = a_policy(OPS_RULES, defaults=leads_only)

    quiet = verdict(policy, channel="#quiet", sets={"leads": False, MEMBERS: True})

    assert not quiet.is_allowed
    assert quiet.rule == "defaults, task rule 1"
    assert verdict(policy, channel="#quiet", sets={"leads": True}).is_allowed
    assert verdict(policy, sets={"sre": True}).rule == "#ops, task rule 1"


def test_a_channels_rules_stand_instead_of_the_defaults_not_beside_them() -> None:
    everybody = '\n  tasks: [{people: "*", agents: "*", verbs: "*"}]'

    refused = verdict(a_policy(OPS_RULES, defaults=everybody), sets={MEMBERS: True})

    assert not refused.is_allowed


@pytest.mark.parametrize("verb", TaskVerb)
def test_an_empty_list_closes_the_channel_for_tasks(verb: TaskVerb) -> None:
    policy = a_policy("\n    tasks: []")
    everybody = {MEMBERS: True, "sre": True, "leads": True}

    refused = verdict(policy, verb=verb, sets=everybody)

    assert not refused.is_allowed
    assert refused.reason.startswith("Nobody may ")
    assert (refused.rule, refused.place) == ("#ops, tasks", "policy.yml:11")


def test_a_set_nobody_could_read_leaves_it_uncertain_unless_another_set_allows() -> None:
    policy = a_policy(OPS_RULES)

    uncertain = verdict(policy, sets={"sre": None, "leads": False})

    assert not uncertain.is_allowed
    assert uncertain.is_uncertain
    assert verdict(policy, sets={"sre": None, "leads": True}).is_allowed
    assert not verdict(policy, sets={"sre": False, "leads": False, MEMBERS: None}).is_uncertain


@pytest.mark.parametrize(
    ("agent", "verb", "who", "deed", "rule"),
    [
        ("ops-bot", TaskVerb.RUN, "Only sre or leads", "run ops-bot", "task rule 1"),
        (
            "ops-bot",
            TaskVerb.STATUS,
            "Only members of the channel",
            "ask how tasks of ops-bot stand",
            "task rule 2",
        ),
        ("ops-bot", TaskVerb.LIST, "Nobody", "list tasks of ops-bot", "tasks"),
        (
            "ops-a\u202eb\nc",
            TaskVerb.CANCEL,
            "Only sre or leads",
            "cancel tasks of ops-a⟦U+202E⟧b⏎c",
            "task rule 1",
        ),
        (None, TaskVerb.CANCEL, "Only sre or leads", "cancel tasks of any agent", "task rule 1"),
    ],
)
def test_a_refusal_says_who_may_and_by_which_rule(
    agent: str | None, verb: TaskVerb, who: str, deed: str, rule: str
) -> None:
    refused = verdict(a_policy(OPS_RULES), agent=agent, verb=verb, sets={})

    assert refused.reason == f"{who} may {deed} in #ops (rule: #ops, {rule})."


def test_only_the_sets_of_rules_about_it_have_to_be_read() -> None:
    policy = a_policy(OPS_RULES)

    assert policy.task_people("#ops", agent="ops-bot", verb=TaskVerb.RUN) == {"sre", "leads"}
    assert policy.task_people("#ops", agent="pay-bot", verb=TaskVerb.RUN) == frozenset()
    assert policy.task_people("#quiet", agent="pay-bot", verb=TaskVerb.RUN) == {MEMBERS}


def test_a_channel_the_policy_does_not_have_is_refused() -> None:
    policy = a_policy(OPS_RULES)

    with pytest.raises(errors.ChannelUnknown, match="C0NOWHERE"):
        verdict(policy, channel="C0NOWHERE", sets={MEMBERS: True})
    with pytest.raises(errors.ChannelUnknown, match="C0NOWHERE"):
        policy.task_people("C0NOWHERE", agent=None, verb=TaskVerb.LIST)


def test_an_agents_name_of_any_length_is_drawn_short() -> None:
    refused = verdict(a_policy(OPS_RULES), agent="ops-" + "x" * 40_000, sets={})

    assert len(refused.reason) < 200
