"""The kinds of people a set of the policy file may hold, and sets made of sets."""

import pytest

from approvals.domain.people import PeopleSet
from approvals.storage.policy_people import SETS_OF_SETS_MAX
from approvals.storage.policy_reader import read_policy
from tests.policy.test_mistakes import changed, mistakes_in, only


def people(*lines: str) -> str:
    """Return the good file with these sets beside sre, who is U01ALICE."""
    more = "".join(f"  {line}\n" for line in lines)
    return changed("  sre: {users: [U01ALICE]}\n", f"  sre: {{users: [U01ALICE]}}\n{more}")


def found(name: str, *lines: str) -> PeopleSet:
    return read_policy(people(*lines).encode()).people([name])[0]


def test_a_set_may_hold_channels_and_addresses_beside_users_and_groups() -> None:
    leads = found(
        "leads",
        "leads: {users: U2, usergroup: S0A, channel: [C0LEADS, <#C0B|b>], emails: Ann@Example.com}",
    )

    assert leads.users == {"U2"}
    assert leads.usergroups == {"S0A"}
    assert leads.channels == {"C0LEADS", "C0B"}
    assert leads.emails == {"ann@example.com"}
    assert not leads.is_written_out


def test_a_set_of_sets_holds_the_people_of_all_of_them() -> None:
    everyone = found(
        "all",
        "all: {sets: [both, later], users: U9}",
        "both: {sets: [sre, two]}",
        "two: {usergroup: S0TWO}",
        "later: {channel: C0LATER}",
    )

    assert everyone.users == {"U01ALICE", "U9"}
    assert everyone.usergroups == {"S0TWO"}
    assert everyone.channels == {"C0LATER"}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("leads: {}", "leads is nobody – write some of users, usergroup, channel, emails, sets"),
        ("leads: {channel: general}", "'general' is not the id of a Slack channel"),
        ("leads: {emails: ann}", "'ann' is not an e-mail address – write the one of the person's"),
        ("leads: {emails: '<mailto:a@b|a@b>'}", "is not an e-mail address"),
        ("leads: {emails: []}", "emails is an empty list"),
        ("leads: {sets: [nobody]}", "'nobody' is not one of the people named in this file"),
        ("leads: {sets: leads}", "sets go round in a circle: leads is in leads – take one"),
        ("leads: {groups: S0A}", "'groups' is not known in this version"),
    ],
)
def test_what_names_nobody_is_a_mistake_with_its_remedy(line: str, says: str) -> None:
    assert says in only(mistakes_in(people(line)))


def test_sets_that_go_round_in_a_circle_are_refused() -> None:
    text = people("a: {sets: b}", "b: {sets: c}", "c: {sets: [sre, a]}")

    line = only(mistakes_in(text))

    assert "sets go round in a circle: " in line
    assert line.endswith(" – take one of them out")


def test_R9_a_tower_of_sets_is_refused_before_it_is_climbed() -> None:
    tower = [f"s{number}: {{sets: s{number + 1}}}" for number in range(SETS_OF_SETS_MAX + 1)]

    line = only(mistakes_in(people(*tower, f"s{SETS_OF_SETS_MAX + 1}: {{users: U2}}")))

    assert f"{SETS_OF_SETS_MAX + 1} sets are made of other sets – at most" in line


def test_a_set_of_a_set_with_a_mistake_is_no_second_mistake() -> None:
    line = only(mistakes_in(people("a: {sets: b}", "b: {users: bob}")))

    assert "'bob' is not a Slack user id" in line


def test_a_quorum_counts_the_people_of_joined_sets_and_not_those_slack_alone_knows() -> None:
    quorum = "effect: ask, quorum: [{of: all, count: 3}]"
    written = people("all: {sets: [sre, two]}", "two: {users: [U2, U01ALICE]}")
    in_slack = people("all: {sets: [sre, two]}", "two: {channel: C0TWO}")

    line = only(mistakes_in(written.replace("effect: ask", quorum)))
    assert "count is 3, but all have fewer people" in line
    assert read_policy(in_slack.replace("effect: ask", quorum).encode()).channels
