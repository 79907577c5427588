"""Which channel's rules a call falls under: configuration, then the tool, then the default."""

import pytest

from approvals.domain import errors
from approvals.domain.policy import Policy
from approvals.storage.policy_reader import read_policy
from tests.policy.given import call

POLICY = b"""
version: 1
defaults: {channel: "#agents", unmatched: deny}
people:
  sre: {users: [U01ALICE]}
tools:
  "k8s.*": "#prod"
  "k8s.dev.*": C0DEV
  k8s.dev.restart: prod
  "*.restart": "#dev"
  "logs.tail*": "#dev"
  logs.tail: "#prod"
channels:
  "#agents": {id: C0AGENTS, approvers: sre}
  "#prod": {id: C0PROD, approvers: sre}
  "#dev": {id: C0DEV, approvers: sre}
"""


@pytest.fixture
def policy() -> Policy:
    return read_policy(POLICY)


@pytest.mark.parametrize(
    ("tool", "channel"),
    [
        ("k8s.get", "#prod"),
        ("k8s.dev.get", "#dev"),
        ("k8s.dev.restart", "#prod"),
        ("k8s.restart", "#dev"),
        ("mail.send", "#agents"),
        ("logs.tail", "#prod"),
        ("logs.tailing", "#dev"),
    ],
)
def test_the_most_specific_pattern_decides_the_channel(
    policy: Policy, tool: str, channel: str
) -> None:
    assert policy.channel_for(tool).name == channel


def test_what_configuration_fixes_comes_before_routing(policy: Policy) -> None:
    assert policy.channel_for("k8s.get", fixed="C0AGENTS").name == "#agents"


def test_a_caller_may_name_the_channel_it_has_and_no_other(policy: Policy) -> None:
    assert policy.channel_for("k8s.get", asked="prod").id == "C0PROD"
    with pytest.raises(errors.ChannelNotAllowed, match="#agents"):
        policy.channel_for("k8s.get", asked="#agents")
    with pytest.raises(errors.ChannelNotAllowed):
        policy.channel_for("k8s.get", asked="#prod", fixed="#dev")


@pytest.mark.parametrize("how", ["asked", "fixed"])
def test_a_channel_the_policy_does_not_have_is_refused(policy: Policy, how: str) -> None:
    with pytest.raises(errors.ChannelUnknown, match="#nowhere"):
        policy.channel_for("k8s.get", **{how: "#nowhere"})
    with pytest.raises(errors.ChannelUnknown, match="#nowhere"):
        policy.requirement(call("k8s.get"), channel="#nowhere")


def test_a_call_without_channel_is_judged_where_its_tool_is_routed(policy: Policy) -> None:
    requirement = policy.requirement(call("k8s.get"))

    assert (requirement.channel, requirement.channel_name) == ("C0PROD", "#prod")
    assert requirement.effect == "deny"


def test_a_people_set_the_policy_lost_stands_for_nobody(policy: Policy) -> None:
    assert policy.set("gone") is None
    assert [each.name for each in policy.people(["gone", "sre"])] == ["sre"]
    assert policy.approvers("#prod") == ("sre",)
