"""What a policy file may say about people's attention, and what it may not."""

from datetime import timedelta

import pytest

from approvals.domain.budget import Budget
from approvals.domain.terms import BUDGET, COOLDOWN
from approvals.storage.policy_reader import read_policy
from tests.policy.given import call
from tests.policy.test_mistakes import GOOD, changed, mistakes_in, only


def test_a_channels_budget_and_cooldown_are_in_the_requirement() -> None:
    policy = read_policy(
        changed(
            "    approvers: [sre]\n",
            "    approvers: [sre]\n    budget: {per: 10m, agent: 20}\n    cooldown: 1h\n",
        ).encode()
    )

    terms = policy.requirement(call("k8s.restart")).terms

    assert terms[BUDGET] == Budget(per=timedelta(minutes=10), agent=20)
    assert terms[COOLDOWN] == timedelta(hours=1)
    assert read_policy(GOOD.encode()).requirement(call("k8s.restart")).terms[BUDGET] is None


@pytest.mark.parametrize(
    ("written", "mistake"),
    [
        ("budget: {agent: 3}", "per is missing"),
        ("budget: {per: 10m}", "budget says no number"),
        ("budget: {per: 10m, agent: 0}", "agent has to be a whole number, at least 1"),
        ("budget: {per: 10m, channel: 10001}", "channel is 10001 – at most 10000"),
        ("budget: {per: 2d, agent: 1}", "per: '2d' is too long – at most 1d"),
        ("budget: 3", "budget has to be a mapping"),
        ("cooldown: 0s", "cooldown: '0s' is no time at all"),
        ("cooldown: 2d", "cooldown: '2d' is too long"),
    ],
)
def test_a_budget_or_cooldown_that_makes_no_sense_is_a_mistake(written: str, mistake: str) -> None:
    text = changed("    approvers: [sre]\n", f"    approvers: [sre]\n    {written}\n")

    assert mistake in only(mistakes_in(text))
